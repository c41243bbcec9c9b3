"""The jobs of meltano.yml, run against the sandbox from a clean state and reconciled."""
