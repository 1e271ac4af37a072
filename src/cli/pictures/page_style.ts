/** The style sheet of a report around its picture: light, and dark where the reader's system is. */
export function pageStyle(): string {
  return PAGE_STYLE.trim();
}

const PAGE_STYLE = `
:root{color-scheme:light dark}
body{margin:0 auto;padding:24px;max-width:948px;font:16px/1.5 system-ui,sans-serif;background:#F6F8FA;color:#1F2328}
h1{font-size:22px;margin:0 0 16px;overflow-wrap:anywhere}
h2{font-size:17px;margin:28px 0 8px}
.picture{overflow-x:auto;border:1px solid #D1D9E0;border-radius:8px;background:#FFFFFF}
.picture svg{display:block;min-width:760px;width:100%;height:auto}
.note{color:#59636E;font-size:14px;margin:8px 0}
.warning{border-left:4px solid #D55E00;padding:4px 12px;margin:0 0 12px;overflow-wrap:anywhere}
.table{overflow-x:auto}
table{border-collapse:collapse;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:4px 32px 4px 0;border-bottom:1px solid #D1D9E0;white-space:nowrap}
td{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px}
td.long{white-space:normal;overflow-wrap:anywhere;min-width:12em}
@media (max-width:600px){th,td{padding-right:16px}}
.map .area{fill:transparent;stroke:transparent;stroke-width:2}
.map .page:hover .area{stroke:#1F2328}
.map .tip{visibility:hidden;pointer-events:none}
.map .page:hover .tip{visibility:visible}
.map .tip-box{fill:#FFFFFF;stroke:#59636E}
@media (prefers-color-scheme:dark){
body{background:#010409;color:#E6EDF3}
.picture{border-color:#30363D;background:#0D1117}
.note{color:#9DA7B1}
th,td{border-color:#30363D}
.map .page:hover .area{stroke:#E6EDF3}
.map .tip-box{fill:#161B22;stroke:#9DA7B1}
}
`;
