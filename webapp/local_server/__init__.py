"""The models on this machine for other tools, in the dialects of Liaobots and of OpenAI."""
