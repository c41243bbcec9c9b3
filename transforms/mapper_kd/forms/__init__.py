"""What Kingdee says of its forms (QueryBusinessInfo, contract 8.15), and mappings and values held against it."""

from __future__ import annotations

from mapper_kd.forms.folders import FormFolders
from mapper_kd.forms.metadata import FormMetadata, read_form_metadata
from mapper_kd.forms.rules import KnownForm

__all__ = ["FormFolders", "FormMetadata", "KnownForm", "read_form_metadata"]
