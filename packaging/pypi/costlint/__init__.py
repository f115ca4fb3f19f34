"""CostLint: what training scripts and their launch files waste, what that costs, and how to fix it."""
