"""What must hold when something breaks; docs/reliability.md has the promises."""
