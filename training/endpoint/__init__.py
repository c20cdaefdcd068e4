"""The one door to another host: a language model behind an OpenAI-compatible address, if any."""
