"""The demo warehouse: a real year of flights from New York that ends now, goes on, and has a few documented faults."""

from connectors.demo.faults import FAULTS, Fault
from connectors.demo.feed import DemoReport, build, feed
from connectors.demo.folder import DemoFolderError

__all__ = ["FAULTS", "DemoFolderError", "DemoReport", "Fault", "build", "feed"]
