"""The overviews and the simulation, held against plain Python over the rows."""
