"""The balanstest from the call history: the overviews of section 3, and what a shorter or longer term would mean.

:func:`overview` gives an :class:`Overview`: sections (all calls, each balanstest, each product) of bands, each with its
calls, people and three rates. :func:`simulate` gives a :class:`Simulation`: a line for each balanstest and candidate,
and where each curve turns. Both are frozen, and give themselves as a table (`frame()`) and as JSON values
(`as_json()`).

Rule: figures never say more than the calls behind them carry.
"""

from balansfilter.balanstest.bands import Bands, month_bands
from balansfilter.balanstest.figures import Figures, FigureSection
from balansfilter.balanstest.overview import Overview, overview
from balansfilter.balanstest.simulate import Trial, simulate
from balansfilter.balanstest.simulated import Simulated, Simulation

__all__ = [
    "Bands",
    "FigureSection",
    "Figures",
    "Overview",
    "Simulated",
    "Simulation",
    "Trial",
    "month_bands",
    "overview",
    "simulate",
]
