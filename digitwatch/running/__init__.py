"""What runs: the one room with clocks, threads, processes and signals."""
