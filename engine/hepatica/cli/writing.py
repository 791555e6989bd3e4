"""Where output goes: standard output, or a file or folder that is written aside and renamed, whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from hepatica.notice import NOTICE
from hepatica.problems import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_READ = 4_000_000
_OWN = " ".join(NOTICE.split()[-10:]).encode()
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


def write(chunks: Iterable[str | bytes], path: Path | None = None, *, force: bool = False) -> None:
    """Chunks as UTF-8 to standard output, each as soon as it is made, or to a file. Raises `InvalidInput` where it cannot."""
    if path is not None:
        write_files({path: chunks}, force=force)
    elif sys.stdout is None:
        raise InvalidInput.at("<stdout>", "cannot-write", "standard output is closed")
    else:
        for chunk in chunks:
            sys.stdout.buffer.write(_bytes(chunk))


def write_files(files: Mapping[Path, Iterable[str | bytes]], *, force: bool = False) -> None:
    """Whole files, all or none: each is written beside its place, and when all are, they are renamed.

    Without `force` a file that this program did not write is left alone. It is known by the notice that every output
    carries. Raises `InvalidInput` where nothing may or can be written.
    """
    from pathlib import Path  # not needed, and so not loaded, for standard output

    aside: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, chunks in files.items():
            if "\0" in str(path):
                raise _cannot(path, "no file can have this name")
            target = path.resolve()
            if target.exists() and not target.is_file():
                raise _cannot(path, "is no ordinary file")
            if target.exists() and not force and not written_here(target):
                raise _cannot(path, "exists and was not written by this program; name another file, or say --force")
            aside.append((_beside(target, chunks), target))
        # Once all are on the disk, moving them takes no room.
        for written, target in aside:
            written.replace(target)
    except OSError as error:
        raise _cannot(path, (error.strerror or "cannot be written").lower()) from error
    finally:
        for written, _ in aside:
            written.unlink(missing_ok=True)


def _beside(target: Path, chunks: Iterable[str | bytes]) -> Path:
    """A new file with these bytes and the target's mode, in its folder: a rename is whole only within one file system."""
    from pathlib import Path
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:100]}.", delete=False) as stream:
        written = Path(stream.name)
        try:
            stream.writelines(map(_bytes, chunks))
            stream.close()
            # The mode of the file that is replaced, or what the user's mask leaves to a new one.
            os.umask(mask := os.umask(0))
            written.chmod(stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~mask)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
    return written


def write_folder(files: Mapping[str, str], folder: Path, instead_of: Iterable[Path] = ()) -> None:
    """Several files of a folder by name, all or none, in place of what an earlier run wrote there.

    Raises `InvalidInput` where they cannot be written; what stood there before is then still there.
    """
    try:
        from pathlib import Path
        from tempfile import TemporaryDirectory

        folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside the folder: once all are on the disk, moving them takes no room.
        with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name[:100]}.") as aside:
            for name, text in files.items():
                written = Path(aside, name)
                written.parent.mkdir(parents=True, exist_ok=True)
                written.write_text(text, encoding="utf-8", errors="replace")
            for name in files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                Path(aside, name).replace(folder / name)
            # What an earlier run wrote goes last: should a name be taken by a folder, nothing is lost.
            for path in instead_of:
                if path.name not in files:
                    path.unlink()
    except OSError as error:
        raise _cannot(folder, (error.strerror or "cannot be written").lower()) from error
    except ValueError:
        raise _cannot(folder, "no folder can have this name") from None


def written_here(path: Path) -> bool:
    """Whether a file carries the notice (wrapped or not), or is empty."""
    with path.open("rb") as stream:
        if stream.read(4).startswith(_PACKED):
            import zlib

            from hepatica.cohort import unpacked

            stream.seek(0)
            with suppress(EOFError, zlib.error):  # a damaged one is no file of this program
                return _own(unpacked(stream).read(_LONGEST_READ))
            return False
        stream.seek(0)
        data = stream.read(_LONGEST_READ)
        # Parquet, Arrow and Excel say at their end what they hold.
        stream.seek(-min(_LONGEST_READ, path.stat().st_size), os.SEEK_END)
        return _own(data) or _own(stream.read())


def _own(data: bytes) -> bool:
    heading = data.splitlines()[0] if data.count(b"\n") == 1 else b""
    said = b" ".join(data.replace(b"#", b" ").replace(b">", b" ").split())
    return not said or _OWN in said or b'"mapping","notice"' in heading.replace(b"\t", b",")


def _bytes(chunk: str | bytes) -> bytes:
    return chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "replace")


def _cannot(path: Path, reason: str) -> InvalidInput:
    return InvalidInput.at(str(path), "cannot-write", reason)


def silence(stream: IO[str] | None) -> None:
    """Let a stream that can no longer be written end without a word: what is left in its buffer goes nowhere."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
