"""Measurements that need more data, or more time, than a test may take: `make bench`."""
