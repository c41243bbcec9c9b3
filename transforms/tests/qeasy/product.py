"""The product by its public way in: `mapper-kd preview` and `mapper-kd import-qeasy`, called in this process."""

from __future__ import annotations

import msgspec
from click.testing import CliRunner
from mapper_kd.cli import commands

from transforms.tests.qeasy.agreement import exact

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Product:
    """Runs the commands on files in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def preview(self, scheme, given, context):
        """Run a scheme as it is; return `{"documents": …, "dead_letters": …}`."""
        return self._preview(self._written("scheme.json", scheme), given, context)

    def preview_imported(self, scheme, given, context):
        """Import a scheme to YAML and run that."""
        mapping = self.folder / "imported.yml"
        self._write_inputs(given, context)
        self._command(
            "import-qeasy",
            self._written("scheme.json", scheme),
            "--output",
            mapping,
            "--context",
            self.folder / "context.json",
        )
        return self._preview(mapping, given, context)

    def _preview(self, mapping, given, context):
        self._write_inputs(given, context)
        records, about = self.folder / "records.json", self.folder / "context.json"
        return exact(self._command("preview", mapping, records, "--json", "--context", about))

    def _write_inputs(self, given, context):
        self._written("records.json", {key: value for key, value in given.items() if key != "response"})
        self._written("context.json", context)

    def _written(self, name, value):
        path = self.folder / name
        path.write_bytes(_ENCODER.encode(value))
        return path

    def _command(self, *arguments):
        result = CliRunner().invoke(commands, [str(argument) for argument in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout
