//! Where each hypothesis came from: a ring of nodes, each a played note's explanation and its parent.

use super::hypothesis::Part;

/// Nodes kept. Old ones are overwritten; a path is never followed past the notes that are final.
const NODES: usize = 1 << 14;

/// A node of the ring, by its running number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(u32);

impl NodeId {
    /// The parent of the first note.
    pub const NONE: Self = Self(u32::MAX);
}

/// A played note's explanation in one hypothesis.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The explanation of the note before.
    pub parent: NodeId,
    /// Which played note.
    pub step: u32,
    /// What it was.
    pub part: Part,
    /// The front after it, `u32::MAX` before the first match.
    pub front: u32,
    /// The first onset still open after it.
    pub open: u32,
    /// Whether the player went elsewhere with this note.
    pub jump: bool,
    /// Cost of the hypothesis up to here.
    pub total: i64,
}

/// The ring.
pub struct Trace {
    nodes: Vec<Node>,
    next: u32,
}

impl Trace {
    /// An empty ring. Allocates all it will ever need.
    pub fn new() -> Self {
        let blank = Node {
            parent: NodeId::NONE,
            step: 0,
            part: Part::Extra,
            front: u32::MAX,
            open: 0,
            jump: false,
            total: 0,
        };
        Self { nodes: vec![blank; NODES], next: 0 }
    }

    /// Adds a node.
    pub fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.next);
        self.nodes[self.next as usize % NODES] = node;
        // The all-ones number means none.
        self.next = if self.next == u32::MAX - 1 { 0 } else { self.next + 1 };
        id
    }

    /// A node that has not been overwritten.
    pub fn get(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize % NODES]
    }
}
