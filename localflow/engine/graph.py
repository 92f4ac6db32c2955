"""The graph of a spec: for each DAG component a networkx DiGraph, and the plan that the core walks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import networkx as nx

from localflow.errors import SpecError
from localflow.spec.dependencies import upstream_tasks
from localflow.spec.pipeline_spec import (
    ComponentSpec,
    DagSpec,
    ExecutorSpec,
    PipelineSpec,
    PipelineTaskSpec,
    TriggerStrategy,
)
from localflow.spec.platform_spec import KubernetesExecutorConfig, PlatformSpec


class TaskKind(StrEnum):
    """What a task is carried out as."""

    CONTAINER = "container"
    IMPORTER = "importer"
    DAG = "dag"
    LOOP = "loop"
    ITERATION = "iteration"


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """What is known of a task before anything runs."""

    name: str
    kind: TaskKind
    spec: PipelineTaskSpec
    component: ComponentSpec
    component_name: str
    upstream: tuple[str, ...]
    downstream: tuple[str, ...]
    runs_after_failure: bool
    """The strategy is ALL_UPSTREAM_TASKS_COMPLETED."""
    is_exit_task: bool
    """It runs after an exit handler's tasks, also when the run is cancelled."""
    failure_is_tolerated: bool
    """A task that isn't an exit task goes on when this one fails (`ignore_upstream_failure`)."""
    dag: DagPlan | None = None
    executor: ExecutorSpec | None = None
    kubernetes: KubernetesExecutorConfig | None = None

    @property
    def display_name(self) -> str:
        """The name that users see."""
        return (self.spec.task_info.name if self.spec.task_info else "") or self.name

    @property
    def condition(self) -> str:
        """The CEL condition, or nothing."""
        return self.spec.trigger_policy.condition if self.spec.trigger_policy else ""


@dataclass(frozen=True, slots=True)
class DagPlan:
    """The tasks of a DAG in an order in which each comes after those it depends on."""

    spec: DagSpec
    component: ComponentSpec
    tasks: Mapping[str, TaskPlan]
    collected: frozenset[str] = field(default_factory=frozenset)
    """Output parameters that a loop inside makes lists of; a loop around flattens them, as Kubeflow does."""


def dag_graph(dag: DagSpec) -> nx.DiGraph[str]:
    """The tasks of `dag`, with an edge from each task to those that depend on it."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(dag.tasks)
    for name, task in dag.tasks.items():
        graph.add_edges_from((producer, name) for producer in upstream_tasks(task))
    return graph


def plan_pipeline(spec: PipelineSpec, platform: PlatformSpec | None = None) -> DagPlan:
    """The plan of the whole pipeline; each component is planned once, however often it is used.

    Raises:
        SpecError: tasks depend on each other in a circle, or a component contains itself.
    """
    kubernetes = platform.platforms["kubernetes"] if platform and "kubernetes" in platform.platforms else None
    planner = _Planner(spec, kubernetes.deployment_spec.executors if kubernetes else {})
    return planner.dag("root", spec.root)


class _Planner:
    def __init__(self, spec: PipelineSpec, kubernetes: Mapping[str, KubernetesExecutorConfig]) -> None:
        self._spec = spec
        self._kubernetes = kubernetes
        self._planned: dict[str, DagPlan] = {}
        self._open: list[str] = []

    def dag(self, name: str, component: ComponentSpec) -> DagPlan:
        if name in self._planned:
            return self._planned[name]
        if name in self._open:
            raise SpecError(f"the component contains itself: {' → '.join([*self._open, name])}", where=name)
        if component.dag is None:
            raise SpecError("the component has no dag", where=name)
        self._open.append(name)
        graph = dag_graph(component.dag)
        try:
            order = list(nx.lexicographical_topological_sort(graph, key=_declared_order(component.dag).__getitem__))
        except nx.NetworkXUnfeasible:
            circle = [edge[0] for edge in nx.find_cycle(graph)]
            raise SpecError(
                f"tasks wait for each other in a circle: {' → '.join([*circle, circle[0]])}", where=name
            ) from None
        tasks = {task: self._task(task, component.dag, graph) for task in order}
        self._open.pop()
        plan = DagPlan(component.dag, component, tasks, _collected_outputs(component.dag, tasks))
        self._planned[name] = plan
        return plan

    def _task(self, name: str, dag: DagSpec, graph: nx.DiGraph[str]) -> TaskPlan:
        spec = dag.tasks[name]
        component = self._spec.components[spec.component_ref.name]
        executor = None
        kubernetes = None
        if component.dag is not None:
            is_loop = spec.parameter_iterator is not None or spec.artifact_iterator is not None
            kind = TaskKind.LOOP if is_loop else TaskKind.DAG
        else:
            label = component.executor_label or ""
            executor = self._spec.deployment_spec.executors[label]
            kubernetes = self._kubernetes.get(label)
            kind = TaskKind.IMPORTER if executor.importer else TaskKind.CONTAINER
        downstream = tuple(graph.successors(name))
        return TaskPlan(
            name=name,
            kind=kind,
            spec=spec,
            component=component,
            component_name=spec.component_ref.name,
            upstream=tuple(graph.predecessors(name)),
            downstream=downstream,
            runs_after_failure=_runs_after_failure(spec),
            is_exit_task=_is_exit_task(spec, dag),
            failure_is_tolerated=any(
                _runs_after_failure(dag.tasks[task]) and not _is_exit_task(dag.tasks[task], dag) for task in downstream
            ),
            dag=self.dag(spec.component_ref.name, component) if component.dag is not None else None,
            executor=executor,
            kubernetes=kubernetes,
        )


def _declared_order(dag: DagSpec) -> dict[str, int]:
    return {name: position for position, name in enumerate(dag.tasks)}


def _runs_after_failure(task: PipelineTaskSpec) -> bool:
    policy = task.trigger_policy
    return policy is not None and policy.strategy is TriggerStrategy.ALL_UPSTREAM_TASKS_COMPLETED


def _is_exit_task(task: PipelineTaskSpec, dag: DagSpec) -> bool:
    """Compiled exit tasks wait for one ``exit-handler-N`` DAG; the IR has no other mark for them."""
    return _runs_after_failure(task) and any(
        dag.tasks[producer].component_ref.name.startswith("comp-exit-handler-")
        for producer in upstream_tasks(task)
        if producer in dag.tasks
    )


def _collected_outputs(dag: DagSpec, tasks: Mapping[str, TaskPlan]) -> frozenset[str]:
    collected = set()
    for key, output in dag.outputs.parameters.items():
        if output.value_from_parameter:
            selectors = [output.value_from_parameter]
        else:
            selectors = output.value_from_oneof.parameter_selectors if output.value_from_oneof else []
        for selector in selectors:
            producer = tasks.get(selector.producer_subtask)
            if producer and producer.dag:
                is_loop = producer.kind is TaskKind.LOOP
                if is_loop or selector.output_parameter_key in producer.dag.collected:
                    collected.add(key)
    return frozenset(collected)
