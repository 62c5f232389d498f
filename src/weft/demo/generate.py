"""Makes a world: its history, a file a system, and its truth. Block by block, so that memory stays bounded."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from weft.demo import campaigns, truth
from weft.demo.buying import history_orders, lines_of, order_totals
from weft.demo.columns import Ints, Sink
from weft.demo.goods import PRODUCTS, Goods
from weft.demo.mappings import FILES
from weft.demo.names import Names
from weft.demo.people import People
from weft.demo.rhythm import Rhythm
from weft.demo.systems import crm, erp, rental, service
from weft.demo.visits import visits_of
from weft.demo.web import Web
from weft.demo.world import World, load_world
from weft.errors import Rejected
from weft.sources.files.mapping import save_mapping

FOLDERS = ("history", "truth", "company")
UNFINISHED = "world.json.unfinished"
"""Stands in a folder while its world is being made: what is in FOLDERS then is ours to throw away."""
Told = Callable[[float, str], object]


def generate(folder: Path, world: World, told: Told = lambda _, __: None) -> bool:
    """Write a world into a folder; return False if it stands there already.

    told: called with how far it is (0 to 1) and what is being made. Raises Rejected when another world stands there.
    """
    if is_there(folder, world):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    (folder / UNFINISHED).touch()
    for name in FOLDERS:  # what an interrupted run left
        shutil.rmtree(folder / name, ignore_errors=True)
    _Maker(folder, world).run(told)
    (folder / "world.json").write_bytes(msgspec.json.format(msgspec.json.encode(world)) + b"\n")
    (folder / UNFINISHED).unlink()
    return True


def is_there(folder: Path, world: World) -> bool:
    """Say whether this world stands in a folder. Raises Rejected when another one does, or somebody's own files."""
    known = load_world(folder)
    if known is not None and known != world:
        raise Rejected(
            f"{folder} holds another world ({known.people:,} people, {known.days} days, seed {known.seed}, until "
            f"{known.until}). Give the same figures, or another folder."
        )
    if known is None and not (folder / UNFINISHED).exists():
        own = ", ".join(f"{name}/" for name in FOLDERS if (folder / name).exists())
        if own:
            raise Rejected(
                f"{folder} has files of its own in {own}, where a world would write. Choose another folder, or move "
                "them."
            )
    return known is not None


class _Maker:
    def __init__(self, folder: Path, world: World) -> None:
        self.folder, self.world = folder, world
        self.names, self.goods = Names(), Goods(world)
        self.rhythm = Rhythm(world.since_us, world.until_us)
        self.web = Web(self.goods)
        self.campaigns = campaigns.campaigns_of(world)
        self.sold: Ints = np.zeros((world.days, PRODUCTS), np.int64)
        self.booked: list[pa.Table] = []

    def run(self, told: Told) -> None:
        """Make every block, then what needs all of them: the fleet's days and the stock."""
        with ExitStack() as stack:
            encodings = {each.path: each.encoding for each in FILES}
            self.sinks = {
                path: stack.enter_context(
                    Sink(self.folder / "history" / path, encoding=encodings[path], keep_empty=False)
                )
                for path in encodings
            }
            self.truths = {
                name: stack.enter_context(Sink(self.folder / "truth" / f"{name}.parquet"))
                for name in ("people", "identifiers", "records", "events", "campaigns")
            }
            for block in range(self.world.blocks):
                told(block / self.world.blocks, f"people {block * 25_000 + 1:,} and on")
                self._block(block)
            told(1.0, "fleet and stock")
            self._company()
        self._notes()

    def _block(self, block: int) -> None:
        people = People(self.world, self.names, block)
        asked = [campaigns.ask(people, each) for each in self.campaigns]
        orders = history_orders(people, self.rhythm, campaigns.brought_about(asked))
        lines = lines_of(orders, self.goods)
        keys = erp.Keys(orders)
        facts = keys.truth()
        self.sold += erp.sold_by_day(orders, lines)
        self._put("erp/orders.parquet", erp.order_table(orders, lines, keys))
        self._put("erp/lines.parquet", erp.line_table(orders, lines, keys, self.goods))
        self._put("erp/returns.parquet", erp.return_table(orders, lines, keys, self.goods))
        for path, (table, more) in {
            "crm/contacts.csv": crm.export(people),
            "loyalty/members-2014.txt": crm.loyalty(people),
            "consent/changes.csv": crm.consents(people),
            "service/tickets.jsonl": service.tickets(orders, lines),
            "survey/answers.csv": service.surveys(orders, lines),
        }.items():
            self._put(path, table)
            facts += more
        facts += self._mails(people, asked)
        booked, more = rental.bookings(people, self.rhythm)
        self.booked.append(booked)
        facts += more
        totals, _ = order_totals(orders, lines)
        visits = visits_of(orders, self.goods, self.rhythm)
        items = np.bincount(lines.order, minlength=len(orders))
        events = self.web.events(visits, orders, totals, items)
        self._put("web/events.parquet", events)
        facts.append(truth.web_identifiers(visits))
        self.truths["events"].write(
            pa.table({"message_id": events["message_id"], "person": people.person[visits.row]})
        )
        self.truths["people"].write(truth.persons(people, orders, lines, self.goods))
        for table in facts:
            self.truths["identifiers" if "namespace" in table.column_names else "records"].write(table)

    def _mails(self, people: People, asked: list[campaigns.Asked]) -> list[pa.Table]:
        facts: list[pa.Table] = []
        for one in asked:
            self._put("mail/events.parquet", campaigns.mails(people, one))
            self.truths["campaigns"].write(campaigns.truth(people, one))
            sent = one.row[~one.held_out]
            email = people.email_at(sent, np.full(len(sent), one.campaign.sent_us))
            facts.append(truth.identifiers(people, "mail", "email", email, sent))
        return facts

    def _put(self, path: str, table: pa.Table) -> None:
        self.sinks[path].write(table)

    def _company(self) -> None:
        trucks = rental.fleet(self.world)
        self._put("rental/bookings.csv", rental.dispatch(pa.concat_tables(self.booked), trucks))
        for name, table in (
            ("fleet", trucks.drop_columns(["site", "kind_no"])),
            ("products", erp.product_table(self.goods)),
            ("stock", erp.stock_table(self.world, self.sold, self.goods)),
        ):
            with Sink(self.folder / "company" / f"{name}.csv") as sink:
                sink.write(table)

    def _notes(self) -> None:
        """Write each file's mapping beside it, and the campaigns with their true effects."""
        for each in FILES:
            path = self.folder / "history" / each.path
            save_mapping(each.mapping, path.with_name(path.name + ".mapping.yaml"))
        text = msgspec.json.format(msgspec.json.encode(self.campaigns))
        (self.folder / "truth" / "campaigns.json").write_bytes(text + b"\n")
