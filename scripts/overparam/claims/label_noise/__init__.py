"""Label noise: what is learned of true labels before false ones are fitted."""
