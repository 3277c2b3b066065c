"""What tests of SageMaker do all the time: push an image, make a model, bring an endpoint up."""

import asyncio
import io
import json
import tarfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from infra.local.images import ImageStore
from infra.local.ports import Params
from infra.local.sagemaker import SageMaker
from infra.local.sagemaker.replies import Reply
from tests.local.sagemaker.checked_api import CheckedApi
from tests.local.sagemaker.fake_cloud import FakeCloud

T = TypeVar("T")
ROLE = "arn:aws:iam::000000000000:role/steelyard-execution"

SERVE = '''\
"""Does what the request's body says, and tells what it is."""
import json, os, pathlib, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = (pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model" / "name.txt").read_text()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, {})
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
        time.sleep(asked.get("sleep", 0))
        if asked.get("die"):
            os._exit(3)
        self.answer(asked.get("status", 200), {
            "model": NAME, "pid": os.getpid(), "flavour": os.environ.get("FLAVOUR"),
            "seen": {name.lower(): value for name, value in self.headers.items()},
            "secrets": sorted(name for name in os.environ if "AWS" in name),
            "length": int(self.headers["content-length"]),
        })
    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.wfile.write(b"HTTP/1.1 %d x\\r\\ncontent-type: application/json\\r\\n"
            b"x-amzn-sagemaker-custom-attributes: trace=1\\r\\n"
            b"content-length: %d\\r\\n\\r\\n%s" % (status, len(body), body))
    def log_message(self, *args):
        pass

port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''
NEVER_PINGS = SERVE.replace('200 if self.path == "/ping" else 404', "503")
DIES = 'import sys; print("loading"); sys.exit("no weights in this archive")\n'


class Scene:
    """A SageMaker on a fake cloud, with a loop in a thread for the hot path."""

    def __init__(self, cloud: FakeCloud, service: SageMaker, folder: Path) -> None:
        self.cloud = cloud
        self.service = service
        self.api = CheckedApi(service)
        self._folder = folder
        self._images = ImageStore(cloud.state_dir / "images", cloud.account, cloud.region)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._stopped = False

    def start(self) -> None:
        self._thread.start()
        self.service.start()

    def stop_service(self) -> None:
        """Stop the service before the test ends; what it left is then to be seen."""
        if not self._stopped:
            self._stopped = True
            self.service.stop()

    def stop(self) -> None:
        self.stop_service()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def image(self, serve: str = SERVE, train: str = "") -> str:
        folder = self._folder / f"image-{abs(hash((serve, train)))}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "serve.py").write_text(serve)
        (folder / "train.py").write_text(train)
        return self._images.push(folder, "steelyard/completion")

    def archive(self, name: str, files: Mapping[str, str]) -> str:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w:gz") as tar:
            for path, text in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
        self.put(f"{name}/model.tar.gz", raw.getvalue())
        return f"s3://{self.cloud.bucket}/{name}/model.tar.gz"

    def put(self, key: str, content: bytes) -> None:
        self.cloud.s3.put_object(Bucket=self.cloud.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        content: bytes = self.cloud.s3.get_object(Bucket=self.cloud.bucket, Key=key)["Body"].read()
        return content

    def model(self, name: str, *, serve: str = SERVE, **container: Any) -> None:
        self.api(
            "CreateModel",
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": self.image(serve),
                "ModelDataUrl": self.archive(name, {"name.txt": name}),
                **container,
            },
        )

    def config(self, name: str, *variants: Params, **more: Any) -> None:
        self.api(
            "CreateEndpointConfig",
            EndpointConfigName=name,
            ProductionVariants=list(variants),
            **more,
        )

    def endpoint(self, name: str, config: str) -> Params:
        self.api("CreateEndpoint", EndpointName=name, EndpointConfigName=config)
        described = self.settled(name)
        assert described["EndpointStatus"] == "InService", described
        return described

    def serving(self, name: str = "completion", **weights: float) -> Params:
        """An endpoint whose variants each serve a model of their own name."""
        weights = weights or {"stable": 1}
        for variant in weights:
            self.model(variant)
        self.config(
            f"{name}-1",
            *(variant_of(variant, weight=weight) for variant, weight in weights.items()),
        )
        return self.endpoint(name, f"{name}-1")

    def describe(self, name: str = "completion") -> Params:
        return self.api("DescribeEndpoint", EndpointName=name)

    def settled(self, name: str = "completion") -> Params:
        return until(
            lambda: self.describe(name),
            lambda now: now["EndpointStatus"] not in ("Creating", "Updating", "RollingBack"),
        )

    def weights(self, name: str = "completion", **weights: float) -> None:
        self.api(
            "UpdateEndpointWeightsAndCapacities",
            EndpointName=name,
            DesiredWeightsAndCapacities=[
                {"VariantName": variant, "DesiredWeight": weight}
                for variant, weight in weights.items()
            ],
        )

    def update(self, config: str, name: str = "completion", **more: Any) -> None:
        self.api("UpdateEndpoint", EndpointName=name, EndpointConfigName=config, **more)

    def invoke(
        self, asked: Params | bytes | None = None, name: str = "completion", **headers: str
    ) -> Reply:
        """Headers by keyword: `target_variant="canary"` and the like."""
        return asyncio.run_coroutine_threadsafe(
            self.invoking(asked, name, **headers), self.loop
        ).result(30)

    async def invoking(
        self, asked: Params | bytes | None = None, name: str = "completion", **headers: str
    ) -> Reply:
        named = {
            f"X-Amzn-SageMaker-{key.replace('_', '-')}": value for key, value in headers.items()
        }
        body = asked if isinstance(asked, bytes) else json.dumps(asked or {}).encode()
        return await self.service.invoke(name, {"content-type": "application/json", **named}, body)


def variant_of(name: str, *, model: str | None = None, weight: float = 1, **more: Any) -> Params:
    return {
        "VariantName": name,
        "ModelName": model or name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.g5.xlarge",
        "InitialVariantWeight": weight,
        "ContainerStartupHealthCheckTimeoutInSeconds": 3600,
        **more,
    }


def until(look: Callable[[], T], wanted: Callable[[T], bool], limit_s: float = 20) -> T:
    """Look again and again until it is as wanted; real seconds."""
    deadline = time.monotonic() + limit_s
    while not wanted(found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s; the last look: {found!r}")
        time.sleep(0.01)
    return found


def answer(reply: Reply) -> Params:
    assert reply.status == 200, reply
    content: Params = json.loads(reply.body)
    return content
