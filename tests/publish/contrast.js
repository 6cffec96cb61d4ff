// List texts whose contrast with their background is too low: [text, contrast, required].
() => {
  // A canvas parses every notation of a color.
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const channels = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((c, i) => a * c + (1 - a) * below[i]);
  const luminance = (rgb) => rgb
    .map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);

  // Over an image, white is the worst case behind a translucent background.
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const own = channels(getComputedStyle(element).backgroundColor);
    if (own[3] === 1) return own.slice(0, 3);
    const overImage = element.matches(".tag, .star");
    return over(own, overImage ? [255, 255, 255] : behind(element.parentElement));
  };

  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !element.closest(".unseen");
  const texts = [...document.querySelectorAll("body *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && visible(element));
  return texts.flatMap((element) => {
    const style = getComputedStyle(element);
    const ground = behind(element);
    const luminances = [luminance(over(channels(style.color), ground)), luminance(ground)].sort((a, b) => b - a);
    const contrast = (luminances[0] + 0.05) / (luminances[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const required = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    return contrast < required ? [[element.textContent.trim(), contrast, required]] : [];
  });
}
