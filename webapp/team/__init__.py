"""The team: who may come in, what the owner chose, what is used, what was done."""
