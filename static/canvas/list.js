// The list of nodes and connections: forms of a page, sent like the edits of the drawing.
import "./panel.js";
import "./queue.js";
