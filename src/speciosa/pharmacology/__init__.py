"""The science as model parts: from dose to concentration to effect, put together for the substances asked for."""
