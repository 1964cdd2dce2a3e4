"""Going back to an earlier publication, and what the next nights do then."""

from pathlib import Path

import pytest

from tests.warehouse.small_night import Night, small_night
from warehouse.errors import CspError, UsageError
from warehouse.home import Home
from warehouse.locking import RunLock
from warehouse.publication import (
    current_folder,
    current_publication,
    is_unchanged,
    list_publications,
    rollback,
)
from warehouse.publication.store import SWITCHING


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return small_night(Home(tmp_path / "home"))


def test_without_an_id_the_one_before_becomes_current_step_by_step(night: Night) -> None:
    ids = [night.publish().id for _ in range(3)]
    assert rollback(night.home).id == ids[1]
    assert rollback(night.home).id == ids[0]
    current = current_publication(night.home)
    assert current is not None
    assert current.id == ids[0]
    with pytest.raises(UsageError, match="no publication before"):
        rollback(night.home)


def test_any_kept_publication_can_be_made_current_again(night: Night) -> None:
    ids = [night.publish().id for _ in range(3)]
    for wanted in (ids[0], ids[2], ids[1]):
        assert rollback(night.home, wanted).is_current
        assert [p.id for p in list_publications(night.home) if p.is_current] == [wanted]
    assert [p.id for p in list_publications(night.home)] == ids[::-1]


def test_an_unknown_id_changes_nothing_and_names_what_is_kept(night: Night) -> None:
    kept = night.publish()
    for wrong in ("20200101T000000Z", "..", "current", "../landing"):
        with pytest.raises(UsageError, match=f"kept: {kept.id}"):
            rollback(night.home, wrong)
    assert current_folder(night.home) == kept.folder


def test_before_the_first_publication(night: Night) -> None:
    with pytest.raises(UsageError, match="Nothing is published yet"):
        rollback(night.home)


def test_a_damaged_publication_is_not_made_current(night: Night) -> None:
    first = night.publish()
    second = night.publish()
    page = first.folder / "quality" / "dbt" / "index.html"
    page.chmod(0o600)
    page.write_text("tampered")
    with pytest.raises(CspError, match=r"damaged \(quality/dbt/index.html differs from its hash\)"):
        rollback(night.home)
    assert current_folder(night.home) == second.folder


def test_during_a_run_nothing_is_rolled_back(night: Night) -> None:
    night.publish()
    second = night.publish()
    with RunLock(night.home), pytest.raises(CspError, match="already going on"):
        rollback(night.home)
    assert current_folder(night.home) == second.folder


def test_a_rollback_stands_until_something_new_arrives(night: Night) -> None:
    night.publish()
    night.execute("update quality.load_audit set status = 'loaded' where file_id = 3")
    night.publish()
    rollback(night.home)
    with night.connect() as con:
        assert is_unchanged(night.home, night.settings, con)
        con.execute("update quality.load_audit set sha256 = 'other' where file_id = 3")
        assert not is_unchanged(night.home, night.settings, con)


def test_the_current_publication_is_kept_however_old(night: Night) -> None:
    night.settings = night.settings.model_copy(update={"keep_publications": 1})
    first = night.publish()
    assert [p.id for p in list_publications(night.home)] == [first.id]
    night.settings = night.settings.model_copy(update={"keep_publications": 3})
    night.publish()
    rollback(night.home, first.id)
    night.settings = night.settings.model_copy(update={"keep_publications": 1})
    newest = night.publish()
    assert [p.id for p in list_publications(night.home)] == [newest.id]


def test_what_was_never_published_cannot_be_rolled_to(night: Night) -> None:
    """A kill between the folder's rename and the switch: the marker tells it was not current."""
    first = night.publish()
    second = night.publish()
    rollback(night.home)
    (night.home.published / f"{SWITCHING}{second.id}").touch()
    assert [p.id for p in list_publications(night.home)] == [first.id]
    with pytest.raises(UsageError, match=f"no publication {second.id}"):
        rollback(night.home, second.id)
    assert not second.folder.exists()
