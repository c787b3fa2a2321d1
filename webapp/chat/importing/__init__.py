"""Taking in conversations from files: ours, and those of other products."""
