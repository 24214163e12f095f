"""The balanstest as it stands in a policy: the answers of its four sections, the term, and the sign-off."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from balansfilter.policy.base import BalanstestId, Digest, Frozen, Text
from balansfilter.policy.values import Span


class CustomerRelation(Frozen):
    """Section 1 of the balanstest: the relation with the customer."""

    payment_obligation: Text = Field(description="1a. When did the customer's payment obligation arise?")
    time_since_purchase: Text = Field(description="1b. How much time has passed since the last purchase or delivery?")
    product_type: Text = Field(description="1c. Which type of product or service was bought?")
    replacement_after: Text = Field(description="1d. After how long, on average, is it replaced?")


class Impact(Frozen):
    """Section 2 of the balanstest: the impact of the calls."""

    calls_begin: Text = Field(description="2a. From when do the calls begin?")
    frequency: Text = Field(description="2b. How often is a person called, on average?")
    measures: tuple[Text, ...] = Field(min_length=1, description="2c. What is done to limit the impact?")


class Weighing(Frozen):
    """Section 3 of the balanstest: the weighing. The last three are a text, or the path of an overview."""

    interest: Text = Field(description="3a. Why do the calls matter to the organisation?")
    conversion: Text = Field(description="3b. Conversion against the time since the last purchase.")
    objections: Text = Field(description="3c. Objections against the time since the last purchase.")
    complaints: Text = Field(description="3d. Complaints against the time since the last purchase.")


class Assessment(Frozen):
    """What a legitimate-interest assessment asks beyond the four sections; every part is wanted for a new approval."""

    purpose: Text | None = Field(default=None, description="What is the purpose, and whose lawful interest is it?")
    necessity: Text | None = Field(default=None, description="Why can the purpose not be reached without calling?")
    less_intrusive_alternative: Text | None = Field(
        default=None, description="Which less intrusive means are there, and why are they not enough?"
    )
    data_source: Text | None = Field(default=None, description="Where does the personal data come from?")
    told_at_collection: Text | None = Field(
        default=None, description="What was told when the number was collected, and how could calls be refused?"
    )
    expectations: Text | None = Field(default=None, description="What does the customer reasonably expect?")
    vulnerable_groups: Text | None = Field(default=None, description="How are vulnerable groups spared?")
    harm: Text | None = Field(default=None, description="What harm or nuisance may the calls do, and how likely is it?")
    safeguards: Text | None = Field(default=None, description="Which further safeguards are there?")
    outcome: Text | None = Field(default=None, description="What is the outcome of the weighing?")
    review: Text | None = Field(default=None, description="When and why is the test done again?")


class Answers(Frozen):
    """The answers of the four sections; each is kept with the policy and shown to whoever asks."""

    scope: Text | None = Field(
        default=None, description="Why these products are one test, and which customers it is about."
    )
    customer_relation: CustomerRelation = Field(description="Section 1.")
    impact: Impact = Field(description="Section 2.")
    weighing: Weighing = Field(description="Section 3.")
    substantiation: Text = Field(description="Section 4: the argument, from 1-3, for the maximum term.")
    assessment: Assessment | None = Field(default=None, description="Beyond the template: the wider assessment.")


class Approval(Frozen):
    """Who signed the balanstest, when, and over which content."""

    by: Text = Field(description="Name of the person who approved it.")
    role: Text = Field(description="Role of that person.")
    on: date = Field(description="Day of the approval.")
    review_by: date = Field(description="Last day on which the approval holds.")
    opinion: Text | None = Field(
        default=None, description="Reference of a positive opinion of the committee for a term over the ceiling."
    )
    digest: Digest = Field(description="Digest of what was approved, written by `balansfilter balanstest approve`.")
    dossier: Digest | None = Field(
        default=None, description="Digest of the dossier that was frozen beside the ledger when it was signed."
    )


class MaxAttempts(Frozen):
    """Section 2b, enforced: no more than `count` calls within `within`."""

    count: Annotated[int, Field(ge=1, le=1000)] = Field(description="Number of calls at which calling stops.")
    within: Span = Field(description="The window, counted back from the as-of date.")


class Balanstest(Frozen):
    """The written weighing out of which the term of a product category, or of the whole organisation, comes."""

    id: BalanstestId = Field(description="Name of the balanstest within the policy.")
    products: Annotated[tuple[Text, ...], Field(min_length=1)] | Literal["*"] = Field(
        description='Product codes that it holds for, or "*" for the whole organisation.'
    )
    max_term: Span = Field(description="Section 4: how long after the anchor date a former customer may be called.")
    start_after: Span | None = Field(default=None, description="Section 2a: no call before this after the anchor.")
    max_attempts: MaxAttempts | None = Field(default=None, description="Section 2b: needs `contacts`.")
    answers: Answers = Field(description="The answers of the four sections.")
    approval: Approval | None = Field(default=None, description="The sign-off; a run is refused without one.")

    @property
    def is_general(self) -> bool:
        """Whether it holds for the whole organisation."""
        return self.products == "*"
