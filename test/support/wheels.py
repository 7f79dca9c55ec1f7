"""Makes wheels of Debian's own Python packages, so that pip can install them into a virtual environment without a network.

Usage: python3 wheels.py FOLDER NAME… Each named package and what it requires, of what lies in dist-packages.
"""
import importlib.metadata
import os
import re
import sys
import zipfile

REQUIRES = {
    "flask": "werkzeug jinja2 itsdangerous click blinker",
    "werkzeug": "markupsafe",
    "jinja2": "markupsafe",
    "fastapi": "starlette pydantic",
    "starlette": "anyio typing_extensions",
    "anyio": "idna sniffio",
    "pydantic": "typing_extensions pydantic_core annotated_types typing_inspection",
    "uvicorn": "asgiref click h11",
    "gunicorn": "packaging",
    "django": "asgiref sqlparse pytz",
}
PLACE = "/usr/lib/python3/dist-packages"


def distribution(name):
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def requires(name):
    """Debian leaves requirements out of the metadata, since its own packages name them."""
    return [each for each in REQUIRES.get(name.lower(), "").split() if distribution(each)]


def modules(found, name):
    named = [each for each in (found.read_text("top_level.txt") or "").split() if "/" not in each]
    for each in named or [name.replace("-", "_").lower()]:
        paths = [os.path.join(PLACE, each), os.path.join(PLACE, f"{each}.py")]
        yield from [path for path in paths if os.path.exists(path)]


def files(path):
    if os.path.isfile(path):
        yield path
        return
    for folder, _, names in os.walk(path):
        if "__pycache__" not in folder:
            yield from [os.path.join(folder, name) for name in names]


def make(folder, name, found):
    # Debian's revisions are no versions of Python's.
    version = re.split(r"[-+]", found.version)[0]
    plain = name.replace("-", "_").lower()
    info = f"{plain}-{version}.dist-info"
    needs = [f"Requires-Dist: {each}" for each in requires(name)]
    record = []
    with zipfile.ZipFile(os.path.join(folder, f"{plain}-{version}-py3-none-any.whl"), "w") as wheel:
        for path in [file for module in modules(found, name) for file in files(module)]:
            wheel.write(path, os.path.relpath(path, PLACE))
            record.append(f"{os.path.relpath(path, PLACE)},,")
        assert record, f"{name} has no modules in {PLACE}"
        wheel.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *needs, ""]))
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: wheels.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        record += [f"{info}/{file},," for file in ("METADATA", "WHEEL", "RECORD")]
        wheel.writestr(f"{info}/RECORD", "\n".join([*record, ""]))


wanted, made = list(sys.argv[2:]), set()
for name in sys.argv[2:]:
    assert distribution(name), f"{name} is not installed"
while wanted:
    name = wanted.pop()
    found = distribution(name)
    if found is None or name.lower() in made:
        continue
    made.add(name.lower())
    make(sys.argv[1], name, found)
    wanted += requires(name)
