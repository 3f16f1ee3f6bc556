"""`python -m study.evidence.warnings > docs/warnings.md` writes the page of all warnings."""

from study.evidence.warnings.catalogue import page

print(page(), end="")
