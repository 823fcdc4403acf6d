"""One sender on SQLite: the kernel's lock on a file, held for as long as its process lives."""

import os
from pathlib import Path

from bookingapp.email.lock import SendingLock


def test_one_has_it_and_the_other_knows_who(tmp_path: Path) -> None:
    first, second = SendingLock(tmp_path), SendingLock(tmp_path)
    assert first.take()
    assert first.take()
    assert not second.take()
    assert second.holder() == os.getpid()
    assert (first.held, second.held) == (True, False)


def test_it_passes_on_when_given_up(tmp_path: Path) -> None:
    first, second = SendingLock(tmp_path), SendingLock(tmp_path)
    first.take()
    first.release()
    first.release()
    assert second.take()


def test_a_file_left_behind_by_a_dead_process_locks_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "outbox.lock").write_text("999999\n", encoding="ascii")
    lock = SendingLock(tmp_path)
    assert lock.holder() is None
    assert not lock.held
    assert lock.take()


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    lock = SendingLock(tmp_path)
    lock.take()
    assert lock.path.stat().st_mode & 0o077 == 0
