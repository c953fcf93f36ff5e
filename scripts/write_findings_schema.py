"""Write the JSON Schema of Findings, from the dataclasses that define them.

    python scripts/write_findings_schema.py [--check]

`--check` writes nothing and fails when the file is not what the dataclasses say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import TypeAdapter

from livercad.core import findings

SCHEMA = Path(findings.__file__).with_name("findings.schema.json")


def schema_text() -> str:
    """The schema as it belongs in the file; fields with defaults are always written, so all are required."""
    schema = TypeAdapter(findings.Findings).json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"LiverCAD Findings {findings.SCHEMA_VERSION}"
    for part in (schema, *schema["$defs"].values()):
        # Numpydoc sections are for readers of the code.
        part["description"] = part.get("description", "").split("\n\n")[0]
        if part["type"] == "object":
            part["required"] = list(part["properties"])
            part["additionalProperties"] = False
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file, or compare it."""
    if "--check" not in sys.argv:
        SCHEMA.write_text(schema_text(), encoding="utf-8")
        return 0
    if SCHEMA.read_text(encoding="utf-8") != schema_text():
        print(f"{SCHEMA.name} is not what the dataclasses say: run python scripts/write_findings_schema.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
