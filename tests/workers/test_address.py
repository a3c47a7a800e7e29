"""Where workers are: said in words, refused where it is not."""

from pathlib import Path

import pytest

from speciosa.errors import ClusterError, InputError
from speciosa.workers import cluster
from speciosa.workers.address import Jobs, Local, Scheduler, address_of


def test_the_ways_to_name_workers(tmp_path: Path) -> None:
    assert address_of("local") == Local(2)
    assert address_of("local:7") == Local(7)
    assert address_of("tcp://host-1.example:8786") == Scheduler("tcp://host-1.example:8786")
    assert address_of("tls://[::1]:80") == Scheduler("tls://[::1]:80")
    queue = tmp_path / "q.toml"
    queue.write_text('queue = "slurm"\njobs = 3\ncores = 8\nmemory = "16 GB"\n')
    assert address_of(str(queue)) == Jobs("slurm", 3, {"cores": 8, "memory": "16 GB"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "found nothing"),
        ("local:0", "1 to 256"),
        ("local:999", "1 to 256"),
        ("local:two", "local:N"),
        ("http://host:1", "local:N"),
        ("tcp://host", "local:N"),
        ("tcp://host:1/../x", "local:N"),
        ("absent.toml", "no such file"),
    ],
)
def test_other_words_are_refused_with_the_ways(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        address_of(text)


def test_a_file_of_a_queue_tells_all_its_faults(tmp_path: Path) -> None:
    queue = tmp_path / "q.toml"
    queue.write_text('queue = "cloud"\njobs = true\n')
    with pytest.raises(InputError) as raised:
        address_of(str(queue))
    assert [fault.where for fault in raised.value.faults] == ["q.toml, queue", "q.toml, jobs"]


def test_a_scheduler_that_is_not_there_is_an_error_with_its_address() -> None:
    pytest.importorskip("distributed", reason="needs the extra cluster")
    with (
        pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9 does not answer"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass
