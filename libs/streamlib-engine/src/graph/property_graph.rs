//! The graph that is in force, with everything that is attached to it.

mod invariants;

use std::sync::Arc;

use hecs::{Component, Entity, World};
use imbl::ordmap::DiffItem;
use serde::{Deserialize, Serialize};

use super::{GraphSnapshot, Link, ProcessorNode};
use crate::ids::{LinkId, ProcessorId};
use crate::maps::HashMap;

/// Whether a graph runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphState {
    /// Not started, or stopped.
    #[default]
    Idle,
    /// Frames flow.
    Running,
    /// Its clock stands still.
    Paused,
}

impl std::fmt::Display for GraphState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Paused => "paused",
        })
    }
}

/// Something was to be attached to what is not in the graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotInGraph {
    /// No such processor.
    #[error("there is no processor `{0}` in the graph that is in force; commit it first")]
    Processor(ProcessorId),
    /// No such link.
    #[error("there is no {0} in the graph that is in force; commit it first")]
    Link(LinkId),
}

/// The parts of a [`PropertyGraph`] disagree. That is a mistake in this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the graph disagrees with itself: {0}; please report this")]
pub struct InvariantError(pub String);

/// The graph that is in force: a snapshot, and a hecs world in which each of its processors and
/// links is an entity that anything may be attached to.
///
/// The snapshot is the single source of truth; [`PropertyGraph::commit`] brings the world to it
/// and is the only way to add or remove entities. One thread owns this value; readers get
/// snapshots and never lock. No instance, thread or queue is kept here, only handles.
#[derive(Default)]
pub struct PropertyGraph {
    world: World,
    snapshot: GraphSnapshot,
    processors: HashMap<ProcessorId, Entity>,
    links: HashMap<LinkId, Entity>,
    state: GraphState,
}

impl std::fmt::Debug for PropertyGraph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PropertyGraph")
            .field("revision", &self.snapshot.revision())
            .field("processors", &self.processors.len())
            .field("links", &self.links.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl PropertyGraph {
    /// A graph without processors.
    pub fn new() -> Self {
        Self::default()
    }

    /// The graph that is in force.
    pub fn snapshot(&self) -> &GraphSnapshot {
        &self.snapshot
    }

    /// Whether the graph runs.
    pub fn state(&self) -> GraphState {
        self.state
    }

    /// Notes that the graph runs or does not; gives back what was noted before.
    pub fn set_state(&mut self, state: GraphState) -> GraphState {
        std::mem::replace(&mut self.state, state)
    }

    /// Brings the world to `snapshot`. What is attached to processors and links that stay is kept,
    /// also when their declaration changed; the rest is dropped. Costs what differs.
    pub fn commit(&mut self, snapshot: &GraphSnapshot) {
        let before = std::mem::replace(&mut self.snapshot, snapshot.clone());
        for change in before.graph().processors.diff(&snapshot.graph().processors) {
            match change {
                DiffItem::Add(id, entry) => {
                    let entity = self.world.spawn((id.clone(), Arc::clone(&entry.node)));
                    self.processors.insert(id.clone(), entity);
                }
                DiffItem::Update { new: (id, entry), .. } => {
                    if let Some(node) = self.processors.get(id).and_then(|entity| {
                        self.world.query_one_mut::<&mut Arc<ProcessorNode>>(*entity).ok()
                    }) {
                        *node = Arc::clone(&entry.node);
                    }
                }
                DiffItem::Remove(id, _) => despawn(&mut self.world, self.processors.remove(id)),
            }
        }
        for change in before.graph().links.diff(&snapshot.graph().links) {
            match change {
                DiffItem::Add(id, link) => {
                    let entity = self.world.spawn((*id, Arc::clone(link)));
                    self.links.insert(*id, entity);
                }
                DiffItem::Update { new: (id, link), .. } => {
                    if let Some(known) = self
                        .links
                        .get(id)
                        .and_then(|entity| self.world.query_one_mut::<&mut Arc<Link>>(*entity).ok())
                    {
                        *known = Arc::clone(link);
                    }
                }
                DiffItem::Remove(id, _) => despawn(&mut self.world, self.links.remove(id)),
            }
        }
        debug_assert_eq!(self.check_invariants(), Ok(()));
    }

    /// Attaches a component to a processor, in the place of one of the same type.
    ///
    /// # Errors
    /// There is no such processor.
    pub fn insert<C: Component>(
        &mut self,
        id: &ProcessorId,
        component: C,
    ) -> Result<(), NotInGraph> {
        let entity = self.processors.get(id);
        let inserted = entity.map(|entity| self.world.insert_one(*entity, component));
        match inserted {
            Some(Ok(())) => Ok(()),
            _ => Err(NotInGraph::Processor(id.clone())),
        }
    }

    /// The component of this type of a processor.
    pub fn get<C: Component>(&self, id: &ProcessorId) -> Option<hecs::Ref<'_, C>> {
        self.world.get::<&C>(*self.processors.get(id)?).ok()
    }

    /// The component of this type of a processor, to change.
    pub fn get_mut<C: Component>(&mut self, id: &ProcessorId) -> Option<&mut C> {
        self.world.query_one_mut::<&mut C>(*self.processors.get(id)?).ok()
    }

    /// Takes the component of this type from a processor.
    pub fn remove<C: Component>(&mut self, id: &ProcessorId) -> Option<C> {
        self.world.remove_one(*self.processors.get(id)?).ok()
    }

    /// True if a processor has a component of this type.
    pub fn has<C: Component>(&self, id: &ProcessorId) -> bool {
        let entity = self.processors.get(id);
        entity.is_some_and(|entity| self.world.satisfies::<&C>(*entity))
    }

    /// The processors that have a component of this type, in the order of their names.
    pub fn query<C: Component>(&self) -> Vec<ProcessorId> {
        let mut query = self.world.query::<(&ProcessorId, &C)>();
        let mut found: Vec<_> = query.iter().map(|(id, _)| id.clone()).collect();
        found.sort_unstable();
        found
    }

    /// The processors whose declaration fits, in the order of their names.
    pub fn query_filter(
        &self,
        fits: impl Fn(&ProcessorNode) -> bool,
    ) -> impl Iterator<Item = &ProcessorId> {
        self.snapshot.processors().filter(move |node| fits(node)).map(|node| &node.id)
    }

    /// Attaches a component to a link, in the place of one of the same type.
    ///
    /// # Errors
    /// There is no such link.
    pub fn insert_on_link<C: Component>(
        &mut self,
        id: LinkId,
        component: C,
    ) -> Result<(), NotInGraph> {
        let inserted = self.links.get(&id).map(|link| self.world.insert_one(*link, component));
        match inserted {
            Some(Ok(())) => Ok(()),
            _ => Err(NotInGraph::Link(id)),
        }
    }

    /// The component of this type of a link.
    pub fn get_of_link<C: Component>(&self, id: LinkId) -> Option<hecs::Ref<'_, C>> {
        self.world.get::<&C>(*self.links.get(&id)?).ok()
    }

    /// The component of this type of a link, to change.
    pub fn get_mut_of_link<C: Component>(&mut self, id: LinkId) -> Option<&mut C> {
        self.world.query_one_mut::<&mut C>(*self.links.get(&id)?).ok()
    }

    /// Takes the component of this type from a link.
    pub fn remove_from_link<C: Component>(&mut self, id: LinkId) -> Option<C> {
        self.world.remove_one(*self.links.get(&id)?).ok()
    }

    /// The links that have a component of this type, in the order of their numbers.
    pub fn query_links<C: Component>(&self) -> Vec<LinkId> {
        let mut query = self.world.query::<(&LinkId, &C)>();
        let mut found: Vec<_> = query.iter().map(|(id, _)| *id).collect();
        found.sort_unstable();
        found
    }
}

fn despawn(world: &mut World, entity: Option<Entity>) {
    let gone = entity.map(|entity| world.despawn(entity));
    debug_assert!(matches!(gone, Some(Ok(()))), "the id maps and the world disagree");
}
