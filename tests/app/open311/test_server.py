"""A real server, read by the `georeport` client of PyPI, reported to by several at once, and as the documents say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
from georeport import GeoReport
from sqlalchemy import text

from app.cases import catalogue as classes
from app.open311 import applications, catalogue, services
from app.settings import PROJECT
from gis import db as database
from grid.reach import whole_city
from tests import make, make_cases, make_open311
from tests.app.live.test_server import free_port, wait_for
from tests.app.open311 import schemas
from tests.conftest import copy_database

LAMP = "gb-t-30428.2-2013-component-0137"
PONDING = "gb-t-30428.2-2013-event-0506"
HERE = {"lat": str(make_cases.HERE[1]), "long": str(make_cases.HERE[0])}
GUIDES = ("open311.md", "open311.zh.md")


@dataclass(frozen=True)
class Server:
    """A running server: its address, a key, and the database behind it."""

    root: str
    key: str
    database: str

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(f"{self.root}/{path}", params=query, timeout=30)

    def report(self, form: str = "json", headers: dict[str, str] | None = None, **given: Any) -> requests.Response:
        sent = {"api_key": self.key, "service_code": LAMP, "attribute[fault]": "dark", **HERE} | given
        return requests.post(f"{self.root}/requests.{form}", data=sent, headers=headers, timeout=30)


def fill() -> str:
    """The city, its classes and questions, one batch service, a few addresses; gives a key."""
    with database.transaction() as db:
        make.city(db, language="en")
        classes.load_catalogues(db, active=["GB/T 30428.2-2013"])
        catalogue.load_shipped(db)
        ponding = services.find(db, PONDING)
        make_open311.batch(db, classes.get_class(db, ponding.class_id))
        make_open311.door(db)
        return applications.make(db, whole_city({"accounts.manage"}), "Lamp Watch", per_minute=6000)[0]


@pytest.fixture(scope="module")
def server(cluster, template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("open311")
    url = copy_database(cluster, "city_open311")
    engine = database.make_engine(url)
    database.bind(engine)
    try:
        key = fill()
    finally:
        database.bind(None)
        engine.dispose()
    port = free_port()
    environment = os.environ | {
        "CITY_HOME": str(home), "DATABASE_URL": url, "CITY_PORT": str(port), "CITY_WEB_PROCESSES": "2",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"]
    with (home / "web.log").open("wb") as log:
        started = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", home / "web.log")
            yield Server(f"http://127.0.0.1:{port}/open311/v2", key, url)
        finally:
            started.terminate()
            started.wait(20)


def count(server: Server, table: str) -> int:
    engine = database.make_engine(server.database)
    try:
        with engine.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    finally:
        engine.dispose()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_services_definitions_and_requests(server: Server, form: str) -> None:
    answers = [server.report(description=f"Lamp {number} is dark & cold") for number in (1, 2)]
    made = [one.json()[0]["service_request_id"] for one in answers]
    client = GeoReport(server.root, jurisdiction="test", output_format=form)
    listed = client.get_service_list()
    assert len(listed) == 71 + 67  # components and events that data/README.md counts
    [lamp] = [one for one in listed if one["service_code"] == LAMP]
    assert (lamp["service_name"], lamp["type"]) == ("Street lamp", "realtime")
    definition = client.get_service_definition(LAMP)
    attributes = definition["attributes"] if form == "json" else definition["attributes"]["attribute"]
    assert [one["code"] for one in attributes] == ["fault", "pole"]
    found = client.get_service_requests(service_code=LAMP, status="open,closed")
    assert {made[0], made[1]} <= {one["service_request_id"] for one in found}
    assert found[0]["requested_datetime"] >= found[-1]["requested_datetime"]
    one = client.get_service_request(made[0])
    assert (one["service_request_id"], one["description"]) == (made[0], "Lamp 1 is dark & cold")
    several = client.get_service_requests(service_request_id=",".join(made))
    assert {one["service_request_id"] for one in several} == set(made)
    with pytest.raises(requests.HTTPError):
        client.get_service_request("0")


def test_every_answer_fits_the_schemas_of_the_standard(server: Server) -> None:
    [made] = server.report(description="dark", media_url="https://example.org/a.jpg").json()
    [token] = requests.post(f"{server.root}/requests.json", timeout=30, data={
        "api_key": server.key, "service_code": PONDING, "attribute[depth_cm]": "20", **HERE,
    }).json()  # fmt: skip
    codes = [one["service_code"] for one in server.get("services.json").json() if one["metadata"]]
    checked: list[tuple[Any, schemas.Schema]] = [
        (server.get("services.json").json(), schemas.listed(schemas.SERVICE, least=1)),
        *((server.get(f"services/{code}.json").json(), schemas.DEFINITION) for code in codes),
        ([made, token], schemas.listed(schemas.REPORTED, least=2)),
        (server.get(f"tokens/{token['token']}.json").json(), schemas.listed(schemas.TOKEN, least=1)),
        (server.get("requests.json").json(), schemas.listed(schemas.REQUEST, least=1)),
        (server.get(f"requests/{made['service_request_id']}.json").json(), schemas.listed(schemas.REQUEST, least=1)),
        (server.get("requests/0.json").json(), schemas.listed(schemas.ERROR, least=1)),
        (server.report(lat="0").json(), schemas.listed(schemas.ERROR, least=1)),
    ]
    for answer, schema in checked:
        jsonschema.Draft202012Validator(schema).validate(answer)


def test_one_report_sent_eight_times_at_once_is_one_case(server: Server) -> None:
    before = count(server, "cases")
    headers = {"Idempotency-Key": "eight-at-once"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.report(headers=headers, phone="13800138000"), range(8)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()[0]["service_request_id"] for one in answers}) == 1
    assert sum("Idempotency-Replayed" not in one.headers for one in answers) == 1
    assert count(server, "cases") == before + 1


def test_the_limit_holds_between_processes(server: Server) -> None:
    engine = database.make_engine(server.database)
    try:
        with engine.begin() as connection:  # the minute's count, so that no turn of the clock lies in between
            connection.execute(text("UPDATE open311_applications SET per_minute = 5"))
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: server.report().status_code, range(24)))
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE open311_applications SET per_minute = 6000, used = 0"))
        engine.dispose()
    assert statuses.count(201) <= 10  # five a minute, and the minute may turn once
    assert statuses.count(201) + statuses.count(429) == 24


def test_a_batch_report_is_filed_by_a_real_worker(server: Server) -> None:
    sent = {"api_key": server.key, "service_code": PONDING, "attribute[depth_cm]": "20", **HERE}
    [made] = requests.post(f"{server.root}/requests.json", data=sent, timeout=30).json()
    assert server.get(f"tokens/{made['token']}.json").json()[0]["service_request_id"] is None
    script = (
        f"URL = {server.database!r}; from app.jobs import worker; from gis import db; "
        "db.bind(db.make_engine(URL)); worker.run(URL, until_empty=True)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=True, timeout=120)
    [told] = server.get(f"tokens/{made['token']}.json").json()
    [found] = server.get(f"requests/{told['service_request_id']}.json").json()
    assert (found["service_code"], found["status"]) == (PONDING, "open")


def test_photos_go_up_and_come_down(server: Server) -> None:
    data = make_cases.jpeg(size=(300, 200), Artist="Zhang San")
    sent = {"api_key": server.key, "service_code": LAMP, "attribute[fault]": "dark", **HERE}
    files = {"media": ("photo.jpg", data, "image/jpeg")}
    [made] = requests.post(f"{server.root}/requests.json", data=sent, files=files, timeout=30).json()
    [told] = server.get(f"requests/{made['service_request_id']}.json").json()
    photo = requests.get(told["media_url"], timeout=30)
    assert (photo.status_code, photo.headers["Content-Type"]) == (200, "image/jpeg")
    assert b"Zhang San" not in photo.content


def test_answers_come_packed(server: Server) -> None:
    answer = server.get("services.xml")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"


# --- the documents: each curl line is run as it stands, and its answer compared with the block below it


def examples(guide: str) -> list[tuple[str, str, str]]:
    """(command, language of the answer, answer as shown) of a guide, in order."""
    words = (PROJECT / "docs" / guide).read_text("utf-8")
    found = re.findall(r"```sh\n(curl .*?)\n```\n+```(json|xml|http)\n(.*?)\n```", words, re.DOTALL)
    assert len(re.findall(r"```sh\ncurl", words)) == len(found)
    return found


def run(command: str, variables: dict[str, str], photo: Path) -> requests.Response:
    """What curl would do with the few options that the guides use."""
    filled = re.sub(r"\$(\w+)", lambda name: variables[name.group(1)], command.replace("\\\n", " "))
    words = shlex.split(filled)[1:]
    data: list[tuple[str, str]] = []
    files: list[tuple[str, tuple[str, bytes, str]]] = []
    headers: dict[str, str] = {}
    method = address = ""
    while words:
        match words.pop(0):
            case "-d" | "--data-urlencode":
                name, _, value = words.pop(0).partition("=")
                data.append((name, value))
            case "-F":
                name, _, value = words.pop(0).partition("=")
                if value.startswith("@"):
                    files.append((name, (value[1:], photo.read_bytes(), "image/jpeg")))
                else:
                    data.append((name, value))
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-i":
                pass
            case "-I":
                method = "HEAD"
            case word:
                address = word
    method = method or ("POST" if data or files else "GET")
    return requests.request(method, address, data=data, files=files or None, headers=headers, timeout=30)


def fits(shown: Any, got: Any) -> bool:
    """Whether an answer is what the guide shows; "…" stands for anything, also for further members of a list."""
    if shown == "…":
        return True
    if isinstance(shown, dict) and isinstance(got, dict):
        return shown.keys() == got.keys() and all(fits(value, got[name]) for name, value in shown.items())
    if isinstance(shown, list) and isinstance(got, list):
        head = shown[:-1] if shown and shown[-1] == "…" else shown
        return (len(head) == len(got) or head != shown) and all(map(fits, head, got))
    return bool(shown == got)


@pytest.mark.parametrize("guide", GUIDES)
def test_the_examples_of_the_guide_do_what_it_shows(server: Server, guide: str, tmp_path: Path) -> None:
    photo = tmp_path / "lamp.jpg"
    photo.write_bytes(make_cases.jpeg())
    variables = {"CITY": server.root.removesuffix("/open311/v2"), "KEY": server.key, "GUIDE": guide}
    for command, language, shown in examples(guide):
        answer = run(command, variables, photo)
        if language == "json":
            told = answer.json()
            assert fits(json.loads(shown), told), f"{command}\nshown: {shown}\ngot: {answer.text[:2000]}"
            if isinstance(told, list) and told and told[0].get("service_request_id"):
                variables["ID"] = told[0]["service_request_id"]
            if isinstance(told, list) and told and told[0].get("token"):
                variables["TOKEN"] = told[0]["token"]
        elif language == "xml":
            pattern = re.escape(re.sub(r">\s+<", "><", shown)).replace("…", ".*")
            assert re.fullmatch(pattern, answer.content.decode().replace("\n", ""), re.DOTALL), answer.text
        else:
            for line in shown.splitlines():
                name, _, value = line.partition(": ")
                if value:
                    assert re.fullmatch(re.escape(value).replace("…", ".*"), answer.headers[name]), line
                else:
                    assert line.split()[1] == str(answer.status_code), line
    assert len(examples(guide)) >= 10


def test_both_languages_of_the_guide_show_the_same_commands() -> None:
    commands = [[command for command, _language, _shown in examples(guide)] for guide in GUIDES]
    assert commands[0] == commands[1]
