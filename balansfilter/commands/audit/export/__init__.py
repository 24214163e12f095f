"""The bundle of evidence on one person: what was decided, proved without showing anybody else, and told on a page."""
