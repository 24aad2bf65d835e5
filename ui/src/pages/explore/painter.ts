// Draws the points of the map: with WebGL2 where the browser has it, or pixel
// by pixel on a plain canvas. Decides nothing: colours, standings and the camera
// are given.

import { DIM, PLAIN, STRONG } from "../../state/mapColours";
import type { Camera, Size } from "../../state/plane";

export type Painter = Readonly<{
  /** Where the points are; only for another map. */
  place: (xs: Float32Array, ys: Float32Array) => void;
  /** Four bytes of colour a point, and how each stands out. */
  dress: (colours: Uint8Array, standings: Uint8Array) => void;
  draw: (camera: Camera, size: Size, ratio: number) => void;
  dispose: () => void;
}>;

type Pass = Readonly<{ standing: number; alpha: number; grow: number }>;
/** The dim ones first, so that the others lie above them. */
const PASSES: readonly Pass[] = [
  { standing: DIM, alpha: 0.13, grow: 0.8 },
  { standing: PLAIN, alpha: 0.85, grow: 1 },
  { standing: STRONG, alpha: 1, grow: 1.7 },
];

/** Those passes that draw something. */
const passesOf = (standings: Uint8Array): readonly Pass[] =>
  PASSES.filter((it) => standings.includes(it.standing));

/** The diameter of a point in CSS pixels: smaller where there are many, larger where one looks closely. */
function diameterOf(nPoints: number, camera: Camera, size: Size): number {
  const whole = Math.max(1, Math.min(size.width, size.height)) / 2;
  const crowd = Math.max(2.6, Math.min(8, 260 / Math.sqrt(Math.max(1, nPoints))));
  return Math.min(14, crowd * Math.max(0.8, Math.sqrt(camera.scale / whole)));
}

const VERTEX = `#version 300 es
in float x;
in float y;
in vec3 colour;
in float standing;
uniform vec2 centre;
uniform vec2 scale;
uniform float diameter;
uniform float wanted;
out vec3 tint;
void main() {
  bool isWanted = standing == wanted;
  gl_Position = isWanted ? vec4((vec2(x, y) - centre) * scale, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = diameter;
  tint = colour;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec3 tint;
uniform float alpha;
uniform float diameter;
out vec4 pixel;
void main() {
  float fromCentre = length(gl_PointCoord - 0.5) * diameter;
  float inside = clamp(diameter * 0.5 - fromCentre, 0.0, 1.0) * alpha;
  pixel = vec4(tint * inside, inside);
}`;

/** Without a graphics card WebGL is computed, and far slower than drawing pixel by pixel. */
const COMPUTED = /swiftshader|llvmpipe|softpipe|software|basic render/i;
/** What browsers say that keep the name of the card for an extension. */
const MASKED = /^WebKit WebGL$/;

function isComputed(gl: WebGL2RenderingContext): boolean {
  const name = String(gl.getParameter(gl.RENDERER));
  if (!MASKED.test(name)) return COMPUTED.test(name);
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return info !== null && COMPUTED.test(String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)));
}

/** A painter for `canvas`, which has no context yet; `onLost` is told when the graphics card goes away. */
export function newPainter(
  canvas: HTMLCanvasElement,
  isPlain: boolean,
  onLost: () => void,
): Painter {
  const gl = isPlain ? null : canvas.getContext("webgl2", { antialias: false });
  const program = gl && !isComputed(gl) ? linked(gl) : null;
  if (gl && program) return glPainter(canvas, gl, program, onLost);
  // A canvas keeps its first context: the plain painter needs another one.
  if (gl) onLost();
  return plainPainter(canvas);
}

function linked(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) === true ? program : null;
}

function glPainter(
  canvas: HTMLCanvasElement,
  gl: WebGL2RenderingContext,
  program: WebGLProgram,
  onLost: () => void,
): Painter {
  let n = 0;
  let passes = PASSES;
  const attribute = (name: string, size: number, type: number, isByte: boolean, stride: number) => {
    const buffer = gl.createBuffer();
    const at = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, type, isByte, stride, 0);
    return (bytes: Float32Array | Uint8Array) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.DYNAMIC_DRAW);
    };
  };
  const setX = attribute("x", 1, gl.FLOAT, false, 0);
  const setY = attribute("y", 1, gl.FLOAT, false, 0);
  const setColour = attribute("colour", 3, gl.UNSIGNED_BYTE, true, 4);
  const setStanding = attribute("standing", 1, gl.UNSIGNED_BYTE, false, 0);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const at = {
    centre: uniform("centre"),
    scale: uniform("scale"),
    diameter: uniform("diameter"),
    wanted: uniform("wanted"),
    alpha: uniform("alpha"),
  };
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  canvas.addEventListener("webglcontextlost", onLost);

  return {
    place: (xs, ys) => {
      n = xs.length;
      setX(xs);
      setY(ys);
    },
    dress: (colours, standings) => {
      setColour(colours);
      setStanding(standings);
      passes = passesOf(standings);
    },
    draw: (camera, size, ratio) => {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(at.centre, camera.x, camera.y);
      gl.uniform2f(at.scale, (2 * camera.scale) / size.width, (2 * camera.scale) / size.height);
      for (const { standing, alpha, grow } of passes) {
        gl.uniform1f(at.wanted, standing);
        gl.uniform1f(at.alpha, alpha);
        gl.uniform1f(at.diameter, grow * ratio * diameterOf(n, camera, size));
        gl.drawArrays(gl.POINTS, 0, n);
      }
    },
    dispose: () => {
      canvas.removeEventListener("webglcontextlost", onLost);
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

/** How far each line of a disc of so many pixels begins behind the square around it. */
function indentsOf(side: number): Uint8Array {
  const radius = side / 2;
  return Uint8Array.from({ length: side }, (_, y) =>
    Math.round(radius - Math.sqrt(radius ** 2 - (y + 0.5 - radius) ** 2)),
  );
}

/** Discs with hard edges, mixed with nothing: as fast as a canvas without a graphics card can be. */
function plainPainter(canvas: HTMLCanvasElement): Painter {
  const context = canvas.getContext("2d");
  let places: { xs: Float32Array; ys: Float32Array } = {
    xs: new Float32Array(),
    ys: new Float32Array(),
  };
  let dressed: { colours: Uint8Array; standings: Uint8Array } = {
    colours: new Uint8Array(),
    standings: new Uint8Array(),
  };

  let passes = PASSES;
  let kept: ImageData | null = null;

  const drawPass = (pixels: ImageData, camera: Camera, size: Size, ratio: number, pass: Pass) => {
    const { xs, ys } = places;
    const { colours, standings } = dressed;
    const { width, height } = pixels;
    const wanted = 0.95 * pass.grow * ratio * diameterOf(xs.length, camera, size);
    const side = Math.max(1, Math.round(wanted));
    const indents = indentsOf(side);
    const words = new Uint32Array(pixels.data.buffer);
    const rgb = new Uint32Array(colours.buffer, colours.byteOffset, xs.length);
    const alpha = Math.round(255 * pass.alpha) << 24;
    const zoom = ratio * camera.scale;
    const left0 = (ratio * size.width - side) / 2 - camera.x * zoom;
    const top0 = (ratio * size.height - side) / 2 + camera.y * zoom;
    for (let row = 0; row < xs.length; row++) {
      if (standings[row] !== pass.standing) continue;
      const left = Math.round(left0 + (xs[row] ?? 0) * zoom);
      const top = Math.round(top0 - (ys[row] ?? 0) * zoom);
      if (left < 0 || top < 0 || width < left + side || height < top + side) continue;
      const word = ((rgb[row] ?? 0) & 0xff_ff_ff) | alpha;
      for (let y = 0, at = top * width + left; y < side; y++, at += width) {
        const indent = indents[y] ?? 0;
        for (let x = at + indent; x < at + side - indent; x++) words[x] = word;
      }
    }
  };

  return {
    place: (xs, ys) => {
      places = { xs, ys };
    },
    dress: (colours, standings) => {
      dressed = { colours, standings };
      passes = passesOf(standings);
    },
    draw: (camera, size, ratio) => {
      if (context === null || canvas.width === 0 || canvas.height === 0) return;
      const { width, height } = canvas;
      const old = kept?.width === width && kept.height === height ? kept : null;
      const pixels = old ?? context.createImageData(width, height);
      if (old) pixels.data.fill(0);
      kept = pixels;
      for (const pass of passes) drawPass(pixels, camera, size, ratio, pass);
      context.putImageData(pixels, 0, 0);
    },
    dispose: () => undefined,
  };
}
