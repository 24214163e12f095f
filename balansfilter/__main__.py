"""Run the command line as a module: `python -m balansfilter`."""

from balansfilter.cli.main import main

if __name__ == "__main__":
    main()
