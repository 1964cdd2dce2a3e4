"""Speed and memory of the nightly run, side by side with the least that could do the same."""
