"""The shape of a Strategic Assessment: its chapters, sections and standard questions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A section of a chapter; its claims are those of `assessment_claim.section` = `name`."""

    name: str
    title: str


@dataclass(frozen=True)
class Chapter:
    """A chapter, in the order of reading."""

    name: str
    title: str
    sections: tuple[Section, ...]


CHAPTERS = (
    Chapter(
        "about",
        "Introduction",
        (
            Section("background", "Background"),
            Section("introduction", "The partnership and its records"),
            Section("structure", "How this assessment is made"),
        ),
    ),
    Chapter(
        "executive_summary",
        "Executive summary",
        (
            Section("summary", "Key findings"),
            Section("recommendations", "What asks for a decision"),
            Section("targets", "Targets"),
        ),
    ),
    Chapter(
        "crime",
        "Crime and anti-social behaviour",
        (
            Section("crime_overview", "Total crime"),
            Section("hotspots", "Hotspot locations"),
            Section("violent", "Violent crime"),
            Section("acquisitive", "Acquisitive crime"),
            Section("asb", "Anti-social behaviour, criminal damage and arson"),
        ),
    ),
    Chapter(
        "offenders",
        "Offender management",
        (
            Section("offenders_adult", "Adult offending and reoffending"),
            Section("offenders_young", "Young people and first-time entrants"),
        ),
    ),
    Chapter(
        "vulnerable",
        "Protecting vulnerable people",
        (
            Section("domestic", "Domestic abuse"),
            Section("marac", "Multi-agency risk assessment conference"),
            Section("hate", "Hate crime and incidents"),
        ),
    ),
    Chapter(
        "substances",
        "Substance misuse",
        (
            Section("alcohol", "Alcohol related offending"),
            Section("drugs", "Drug related offending"),
            Section("perceptions", "Perceptions of drug and alcohol misuse"),
        ),
    ),
    Chapter(
        "changing_now", "Emerging trends", (Section("trends", "What the monthly series signal"),)
    ),
    Chapter(
        "conclusion_chapter",
        "Conclusion",
        (Section("conclusion", "What changed in the priorities' indicators"),),
    ),
)

# The questions of a topic's page in Appendix A, by `assessment_claim.question`, in their order.
QUESTIONS = {
    "change": "How has it compared over time?",
    "other_crimes": "How does it compare with other crimes?",
    "targets": "Did we achieve our targets?",
    "places": "Where are the highest areas?",
    "communities": "Which communities are most affected?",
    "other_areas": "How do we compare with other areas?",
}
OFFENDERS_QUESTIONS = {
    "reoffending": "What are the reoffending rates?",
    "who": "Who is most likely to offend?",
    "where": "Where are offenders most likely to live?",
    "behaviour": "What is their offending behaviour like?",
}
# Sections whose claims are findings, each of its own, and not paragraphs of an indicator.
LISTED = frozenset({"summary", "recommendations", "targets", "conclusion", "trends"})
