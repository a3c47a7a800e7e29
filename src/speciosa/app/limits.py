"""How much one browser may ask for: these numbers keep a shared computer usable and a hostile request cheap."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of what the app accepts.

    Attributes:
        arms: treatments compared at once.
        preview: patients and draws of the quick preview.
        crowded: the same while several readers wait for theirs.
        patients, draws: most of the full run.
        days: longest follow-up.
        doses: most doses of one arm, repeated ones counted singly.
        text: characters of one field.
        query: characters of a link.
        upload_bytes: of a study file.
        frame_bytes: of one message from a browser.
        sessions: browsers connected at once; `sessions_a_client` of them from one address.
        hello_s: within which a session must begin once it is connected.
        read_s: within which what a browser wrote must have been read.
        previews: computed at once; more wait in line.
        full_runs: under way at once, by turns; more wait in line.
        at_once: of the full runs under way, those that compute at the same time.
        waiting: runs in line before a new one is refused.
        trial_people: in a simulated trial.
        cached_bytes: finished runs kept in memory.
        stored_bytes: finished arms kept in the temporary folder.
    """

    arms: int = 4
    preview: tuple[int, int] = (100, 2)
    crowded: tuple[int, int] = (50, 1)
    patients: int = 1000
    draws: int = 200
    days: int = 90
    doses: int = 1000
    text: int = 500
    query: int = 6000
    upload_bytes: int = 64_000
    frame_bytes: int = 200_000
    sessions: int = 256
    sessions_a_client: int = 128
    hello_s: float = 15.0
    read_s: float = 5.0
    previews: int = 2
    full_runs: int = 4
    at_once: int = 1
    waiting: int = 64
    trial_people: int = 2000
    cached_bytes: int = 24_000_000
    shelf_bytes: int = 20_000_000
    stored_bytes: int = 64_000_000


LIMITS = Limits()
