"""The whole run against three peers and a floor, on data of any size."""
