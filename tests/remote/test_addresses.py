"""No password and no key ever stands in an address: a policy is refused at its place, and never repeated."""

from __future__ import annotations

import pytest

from balansfilter.errors import PolicyError, SourceError
from balansfilter.remote import is_remote, shown, wrong_with
from tests.brandfolder import make_brand

SECRET = "geheim1234"


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://jan:{SECRET}@db/crm",
        f"postgresql://jan:{SECRET}@/crm",
        f"postgres://:{SECRET}@db:5432/crm",
        f"postgresql://db/crm?password={SECRET}",
        f"postgresql://db/crm?sslmode=require&PASSWORD={SECRET}",
        f"postgresql://db/crm?sslpassword={SECRET}",
        f"postgresql://jan:a@{SECRET}@db/crm",
        f"postgresql://jan:a/{SECRET}@db/crm",
        f"s3://AKIA:{SECRET}@bucket/list.csv",
        f"s3://bucket/list.csv?X-Amz-Signature={SECRET}",
        f"az://container/list.csv?sv=2024&sig={SECRET}",
        f"gs://bucket/list.csv?GoogleAccessId=a&Signature={SECRET}",
    ],
)
def test_a_policy_with_a_secret_is_refused_at_its_place_and_not_repeated(tmp_path, address):
    folder = make_brand(tmp_path)
    text = folder.policy_file.read_text()
    line = 1 + text[: text.index("- path:")].count("\n")
    query = ", query: SELECT 1" if address.startswith("postgres") else ""
    changed = text.replace(
        "- path: data/{brand}/objections.csv", f'- {{path: "{address}"{query}, columns: {{phone: t}}}}'
    )
    changed = changed.split("  columns:\n    phone: telefoon\n    customer_id: klantnummer\n")[0]
    folder.policy_file.write_text(changed)
    with pytest.raises(PolicyError) as error:
        folder.run()
    told = str(error.value)
    assert SECRET not in told
    assert f"courant.yaml:{line}:" in told
    assert "objections[0].path" in told
    assert "take it out" in told or "credentials come from the environment" in told
    assert not folder.ledger.exists() or SECRET not in folder.ledger.read_text()


@pytest.mark.parametrize(
    "address",
    ["postgresql://db/crm", "postgresql://jan@db:5433/crm?sslmode=verify-full", "postgresql://?service=crm",
     "s3://bucket/a/b.csv", "s3://bucket/*.csv", "gs://bucket/list?.csv", "az://container/folder/"],
)  # fmt: skip
def test_an_address_without_a_secret_is_taken(address):
    assert is_remote(address)
    assert wrong_with(address) is None


def test_a_user_and_the_parameters_are_not_told():
    assert shown("postgresql://jan@db:5433/crm?passfile=/home/jan/.pgpass") == "postgresql://db:5433/crm"
    assert shown("postgresql://?user=jan&service=crm") == "postgresql://?service=crm"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"path": "postgresql://db/crm"}, "neither is named"),
        ({"path": "postgresql://db/crm", "query": "SELECT 1", "table": "a"}, "both are named"),
        ({"path": "postgresql://db/crm", "query": "DELETE FROM a"}, "is no query that only reads"),
        ({"path": "postgresql://db/crm", "query": "SELECT dblink('password=x')"}, "holds a password"),
        ({"path": "postgresql://db/crm", "table": "a.b.c"}, "is no name of a table"),
        ({"path": "postgresql://db/crm", "table": "a", "format": "csv"}, "is for a file, not for a database"),
        ({"path": "postgresql://db/crm", "table": "a", "snapshot_on": "filename"}, "a database has none"),
        ({"path": "spark://", "key": "nr"}, "neither is named"),
        ({"path": "spark://", "table": "a.b.c"}, "whose rows have no order"),
        ({"path": "spark://", "table": "a.b.c.d", "key": "nr"}, "as catalog.schema.name"),
        ({"path": "spark://host:7077", "table": "a", "key": "nr"}, "names more than the catalog of Spark"),
        ({"path": "spark://", "table": "a", "key": "nr", "sheet": "a"}, "is for a file, not for a database"),
        ({"path": "a.csv", "table": "a"}, "is for a database, but the path names none"),
        ({"path": "s3://bucket"}, "names no object"),
    ],
)
def test_what_does_not_belong_together_is_told_at_its_place(tmp_path, source, told):
    folder = make_brand(tmp_path)
    import yaml

    policy = yaml.safe_load(folder.policy_file.read_text())
    policy["objections"] = [{"columns": {"phone": "telefoon"}, **source}]
    folder.policy_file.write_text(yaml.safe_dump(policy, sort_keys=False))
    with pytest.raises(PolicyError, match=r"courant.yaml:[0-9]+:[0-9]+") as error:
        folder.run()
    assert told in str(error.value)


def test_a_table_of_spark_where_spark_is_not_installed_is_one_sentence(tmp_path, monkeypatch):
    folder = make_brand(tmp_path)
    spec = {"path": "spark://", "table": "crm.calls", "key": "nr"}
    folder.write_policy({"call_list": spec})
    monkeypatch.setattr("balansfilter.remote.spark.find_spec", lambda name: None)
    with pytest.raises(SourceError, match=r"spark://: call_list: Spark needs .*pip install 'balansfilter\[spark\]'"):
        folder.run()


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ({"copy_to": "out/copy"}, "cannot be used"),
        ({"copy_to": "s3://bucket/{as_of}"}, "unknown placeholder"),
        ({"copy_to": f"s3://a:{SECRET}@bucket/x"}, "holds a credential"),
        ({"postgres": {"table": "a", "url": "s3://bucket/x"}}, "cannot be used"),
        ({"postgres": {"table": "a", "url": "spark://"}}, "cannot be used"),
        ({"postgres": {"table": "a", "url": f"postgresql://a:{SECRET}@db/x"}}, "holds a password"),
        ({"postgres": {"table": "a b.c.d"}}, "is no name of a table"),
    ],
)
def test_where_a_list_goes_is_looked_at_before_anything_is_read(tmp_path, output, told):
    import yaml

    folder = make_brand(tmp_path)
    policy = yaml.safe_load(folder.policy_file.read_text()) | {"output": output}
    folder.policy_file.write_text(yaml.safe_dump(policy, sort_keys=False))
    with pytest.raises(PolicyError, match=r"courant.yaml:[0-9]+:[0-9]+") as error:
        folder.run()
    assert told in str(error.value)
    assert SECRET not in str(error.value)
