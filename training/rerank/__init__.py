"""Re-rankers: trade relevance for variety by one knob, 0 = relevance alone, 1 = variety alone."""
