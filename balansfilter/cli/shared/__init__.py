"""What commands share: options, tables, progress, and how an error is told. No file in here is a command."""
