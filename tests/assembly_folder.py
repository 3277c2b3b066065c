"""Writes small cloud assemblies, as the CDK would. Used by tests of deploying."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"


def write_stack(
    folder: Path,
    name: str,
    resources: Mapping[str, Any],
    *,
    after: Sequence[str] = (),
    assets: Mapping[str, Any] | None = None,
    **properties: Any,
) -> None:
    """Add a stack to the assembly in `folder`.

    Args:
        folder: of the assembly.
        name: of the stack.
        resources: of its template; `Outputs` and `Parameters` beside them are the template's.
        after: names of the stacks that it depends on.
        assets: more entries of its asset manifest.
        properties: more properties of its artifact.
    """
    beside = {key: resources[key] for key in ("Outputs", "Parameters") if key in resources}
    kept = {key: value for key, value in resources.items() if key not in beside}
    template = json.dumps({"Resources": kept, **beside})
    digest = hashlib.sha256(template.encode()).hexdigest()
    (folder / f"{name}.template.json").write_text(template)
    destination = {"bucketName": BUCKET, "objectKey": f"{digest}.json"}
    files = {
        digest: {
            "source": {"path": f"{name}.template.json", "packaging": "file"},
            "destinations": {"current": destination},
        }
    }
    manifest = {"version": "1", "files": {**files, **(assets or {}).get("files", {})}}
    manifest["dockerImages"] = (assets or {}).get("dockerImages", {})
    (folder / f"{name}.assets.json").write_text(json.dumps(manifest))
    _add_artifact(folder, f"{name}.assets", "cdk:asset-manifest", file=f"{name}.assets.json")
    _add_artifact(
        folder,
        name,
        "aws:cloudformation:stack",
        dependencies=[f"{name}.assets", *after],
        stackTemplateAssetObjectUrl=f"s3://{BUCKET}/{digest}.json",
        **properties,
    )


def _add_artifact(
    folder: Path, name: str, kind: str, dependencies: Sequence[str] = (), **properties: Any
) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {"artifacts": {}}
    manifest["artifacts"][name] = {
        "type": kind,
        "dependencies": list(dependencies),
        "properties": properties,
    }
    path.write_text(json.dumps(manifest))
