"""Double descent: the risk beyond the size at which every sample is fitted."""
