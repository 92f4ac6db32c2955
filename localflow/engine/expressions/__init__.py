"""CEL, the language of conditions and selectors: a parser and an evaluator for what Kubeflow's IR uses of it.

The language: https://github.com/google/cel-spec/blob/master/doc/langdef.md. Left out: macros (``all``, ``exists``),
protobuf messages, bytes, timestamps and unsigned numbers, none of which a parameter can be.
"""

from localflow.engine.expressions.evaluator import evaluate, evaluate_condition, select
from localflow.engine.expressions.parser import parse
from localflow.engine.expressions.syntax import Expression, ExpressionError

__all__ = ["Expression", "ExpressionError", "evaluate", "evaluate_condition", "parse", "select"]
