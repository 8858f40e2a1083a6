"""The package's build backend (PEP 517), with nothing but the standard library: CMake builds, zipfile packs.

    pip install --no-build-isolation ./bindings/python

needs CMake and a C compiler, and no network. It builds from the whole source tree, with
--config-settings build-dir=FOLDER in a folder that stays.
"""

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent


def _version():
    text = (TOP / "include/byname/version.h").read_text()
    return ".".join(re.search(rf"define BYN_VERSION_{part} +([0-9]+)", text)[1] for part in ("MAJOR", "MINOR", "PATCH"))


def _tag():
    return "cp310-abi3-" + re.sub(r"[-.]", "_", sysconfig.get_platform())


def _metadata():
    return (f"Metadata-Version: 2.1\nName: byname\nVersion: {_version()}\n"
            "Summary: Locks, queues and data that processes share by name\n"
            "License: Apache-2.0\nRequires-Python: >=3.10\n"
            "Description-Content-Type: text/markdown\n\n" + (HERE / "README.md").read_text(encoding="utf-8"))


def _build(folder):
    """Build the library and the extension; where the package is then."""
    options = ["-DBYNAME_PYTHON=ON", f"-DPython3_EXECUTABLE={sys.executable}"]
    if not (folder / "CMakeCache.txt").exists():
        options += ["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF", "-DBYNAME_TESTS=OFF", "-DBYNAME_TOOL=OFF"]
    subprocess.run(["cmake", "-S", TOP, "-B", folder, *options], check=True, stdout=sys.stderr)
    subprocess.run(["cmake", "--build", folder, "--config", "Release", "--target", "byname_python",
                    "--parallel", str(os.cpu_count() or 1)], check=True, stdout=sys.stderr)
    return folder / "lib/python/byname"


class _Wheel:
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.record = []

    def add(self, path, data):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append(f"{path},sha256={digest},{len(data)}")
        self.zip.writestr(path, data)

    def close(self, path):
        self.zip.writestr(path, "\n".join([*self.record, f"{path},,", ""]))
        self.zip.close()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = f"byname-{_version()}.dist-info"
    name = f"byname-{_version()}-{_tag()}.whl"
    with tempfile.TemporaryDirectory() as folder:
        package = _build(pathlib.Path((config_settings or {}).get("build-dir", folder)).resolve())
        wheel = _Wheel(pathlib.Path(wheel_directory) / name)
        for file in sorted(package.iterdir()):
            if file.suffix in (".py", ".pyi", ".so", ".pyd", ".typed"):
                wheel.add(f"byname/{file.name}", file.read_bytes())
        wheel.add(f"{info}/METADATA", _metadata().encode())
        wheel.add(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: byname\nRoot-Is-Purelib: false\nTag: {_tag()}\n".encode())
        wheel.add(f"{info}/licenses/LICENSE", (TOP / "LICENSE").read_bytes())
        wheel.close(f"{info}/RECORD")
    return name
