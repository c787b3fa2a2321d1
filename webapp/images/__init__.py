"""Images that people send: made anew from what they brought, and kept as files."""
