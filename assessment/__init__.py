"""The written assessment as pages: rendering only. What is said is the mart `assessment_claim`."""

from assessment.write import write_assessment, write_assessments

__all__ = ["write_assessment", "write_assessments"]
