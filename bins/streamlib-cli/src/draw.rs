//! A declared graph as tables, for Graphviz and for Mermaid.

use std::collections::BTreeMap;

use streamlib_protocol::{DeclaredLink, Snapshot};

use crate::table::Table;

/// Two tables: processors with their settings, and links.
pub(crate) fn table(graph: &Snapshot) -> String {
    let mut processors = Table::new(&["PROCESSOR", "TYPE", "RUNS ON", "SETTINGS", "NOTE"]);
    for one in &graph.processors {
        let settings = one.config.as_object().into_iter().flatten();
        let settings: Vec<_> = settings.map(|(name, value)| format!("{name}={value}")).collect();
        processors.row([
            one.id.clone(),
            one.type_name.clone(),
            one.scheduling.clone().unwrap_or_default(),
            settings.join(" "),
            one.note.clone().unwrap_or_default(),
        ]);
    }
    let mut links = Table::new(&["FROM", "TO", ">LANE", "DELIVERY", ">DEPTH", "FEEDBACK"]);
    for link in &graph.links {
        links.row([
            link.from.clone(),
            link.to.clone(),
            link.lane.map(|lane| lane.to_string()).unwrap_or_default(),
            link.delivery.map(|delivery| delivery.as_str().to_owned()).unwrap_or_default(),
            link.depth.map(|depth| depth.to_string()).unwrap_or_default(),
            if link.feedback { "yes".to_owned() } else { String::new() },
        ]);
    }
    let tables = [processors, links].into_iter().filter(|table| !table.is_empty());
    let texts = std::iter::once(format!("{}\n", graph.name)).chain(tables.map(|t| t.to_text()));
    texts.collect::<Vec<_>>().join("\n")
}

/// For Graphviz. Names of processors and ports are plain words, so that nothing needs escapes;
/// what is not is quoted.
pub(crate) fn dot(graph: &Snapshot) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&graph.name));
    text.push_str("  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
    text.push_str("  edge [fontname=\"sans-serif\", fontsize=10];\n");
    for one in &graph.processors {
        let label = quoted(&format!("{}\n{}", one.id, one.type_name));
        text.push_str(&format!("  {} [label={label}];\n", quoted(&one.id)));
    }
    for link in &graph.links {
        let (from, to) = (processor(&link.from), processor(&link.to));
        let label = quoted(&label(link));
        let style = if link.feedback { ", style=dashed" } else { "" };
        let (from, to) = (quoted(from), quoted(to));
        text.push_str(&format!("  {from} -> {to} [label={label}{style}];\n"));
    }
    text.push_str("}\n");
    text
}

/// For Mermaid. Nodes are numbered, because some words mean something to it.
pub(crate) fn mermaid(graph: &Snapshot) -> String {
    let numbers: BTreeMap<&str, usize> =
        graph.processors.iter().enumerate().map(|(at, one)| (one.id.as_str(), at)).collect();
    let node = |id: &str| numbers.get(id).map_or_else(|| id.to_owned(), |at| format!("n{at}"));
    let mut text = "flowchart LR\n".to_owned();
    for one in &graph.processors {
        let label = entities(&format!("{}<br/>{}", one.id, one.type_name));
        text.push_str(&format!("  {}[\"{label}\"]\n", node(&one.id)));
    }
    for link in &graph.links {
        let (from, to) = (node(processor(&link.from)), node(processor(&link.to)));
        let arrow = if link.feedback { "-.->" } else { "-->" };
        let label = entities(&label(link));
        text.push_str(&format!("  {from} {arrow}|\"{label}\"| {to}\n"));
    }
    text
}

/// `video -> video_in`, and the delivery where it was asked for.
fn label(link: &DeclaredLink) -> String {
    let port = |end: &str| end.split_once('.').map_or(end, |(_, port)| port).to_owned();
    let delivery = link.delivery.map(|delivery| format!(", {}", delivery.as_str()));
    format!("{} → {}{}", port(&link.from), port(&link.to), delivery.unwrap_or_default())
}

fn processor(end: &str) -> &str {
    end.split_once('.').map_or(end, |(processor, _)| processor)
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn entities(text: &str) -> String {
    text.replace('"', "#quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph() -> Snapshot {
        serde_json::from_value(json!({
            "name": "side-by-side", "revision": 0,
            "processors": [
                { "id": "movie", "type": "com.tatolab.mp4_source", "config": { "path": "a b.mp4" } },
                { "id": "end", "type": "com.tatolab.mp4_writer", "scheduling": "pool" },
            ],
            "links": [
                { "from": "movie.video", "to": "end.video", "delivery": "lossless", "depth": 8 },
                { "from": "end.back", "to": "movie.hint", "feedback": true },
            ],
        }))
        .unwrap()
    }

    #[test]
    fn as_tables() {
        insta::assert_snapshot!(table(&graph()), @r#"
        side-by-side

        PROCESSOR  TYPE                    RUNS ON  SETTINGS
        movie      com.tatolab.mp4_source           path="a b.mp4"
        end        com.tatolab.mp4_writer  pool

        FROM         TO          DELIVERY  DEPTH  FEEDBACK
        movie.video  end.video   lossless      8
        end.back     movie.hint                   yes
        "#);
    }

    #[test]
    fn for_graphviz() {
        insta::assert_snapshot!(dot(&graph()), @r#"
        digraph "side-by-side" {
          rankdir=LR;
          node [shape=box, style=rounded, fontname="sans-serif"];
          edge [fontname="sans-serif", fontsize=10];
          "movie" [label="movie\ncom.tatolab.mp4_source"];
          "end" [label="end\ncom.tatolab.mp4_writer"];
          "movie" -> "end" [label="video → video, lossless"];
          "end" -> "movie" [label="back → hint", style=dashed];
        }
        "#);
    }

    #[test]
    fn for_mermaid() {
        insta::assert_snapshot!(mermaid(&graph()), @r#"
        flowchart LR
          n0["movie<br/>com.tatolab.mp4_source"]
          n1["end<br/>com.tatolab.mp4_writer"]
          n0 -->|"video → video, lossless"| n1
          n1 -.->|"back → hint"| n0
        "#);
    }

    #[test]
    fn what_is_not_a_plain_word_is_quoted() {
        assert_eq!(quoted("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(entities("a\"b"), "a#quot;b");
    }
}
