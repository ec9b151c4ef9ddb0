"""Numbers in Prometheus' words."""

from digest.web.exposition import Metric, Sample, exposition

ONE = Metric("digest_up", "gauge", "Whether it is.", [Sample(True)])


def test_a_number_of_its_own() -> None:
    assert exposition([ONE]) == (
        "# HELP digest_up Whether it is.\n# TYPE digest_up gauge\ndigest_up 1\n"
    )


def test_labels_and_large_numbers_are_whole() -> None:
    samples = [Sample(12_345_678, {"a": "x", "b": "y"}), Sample(0.25, {"a": "z"})]
    text = exposition([Metric("n_total", "counter", "How many.", samples)])
    assert text.splitlines()[2:] == ['n_total{a="x",b="y"} 12345678', 'n_total{a="z"} 0.25']


def test_what_a_label_holds_cannot_leave_it() -> None:
    text = exposition([Metric("n", "gauge", "a\nb\\", [Sample(1, {"a": 'x"} 9\n\\'})])])
    assert text.splitlines() == [
        "# HELP n a\\nb\\\\", "# TYPE n gauge", 'n{a="x\\"} 9\\n\\\\"} 1',
    ]  # fmt: skip


def test_a_name_without_numbers_is_left_out() -> None:
    assert exposition([Metric("n", "gauge", "None.", []), ONE]) == exposition([ONE])
