package main

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	_ "gonum.org/v1/plot/vg/vgsvg" // for files that end in .svg
)

// curve is how late deaths are learnt in one way, by the size of the fleet:
// the median, and from there to the first and the last.
type curve struct {
	by string
	plotter.XYs
	plotter.YErrors
}

// ticks are the labels of an axis, by value.
type ticks map[float64]string

// Ticks implements [plot.Ticker].
func (t ticks) Ticks(min, max float64) (all []plot.Tick) {
	for value, label := range t {
		if min <= value && value <= max {
			all = append(all, plot.Tick{Value: value, Label: label})
		}
	}
	slices.SortFunc(all, func(a, b plot.Tick) int { return cmp.Compare(a.Value, b.Value) })
	return all
}

// chart draws the curves.
func (o output) chart(path string) error {
	curves, err := o.curves()
	if err != nil {
		return err
	}
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = "How late deaths are learnt: first, median, last of 100"
	p.X.Label.Text = "workspaces on one Redis (60 s: not learnt)"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 700, 700_000, 0.001, 100
	p.X.Tick.Marker = ticks{1e3: "1,000", 1e4: "10,000", 1e5: "100,000"}
	p.Y.Tick.Marker = ticks{0.001: "1 ms", 0.01: "10 ms", 0.1: "100 ms", 1: "1 s", 10: "10 s", 60: "60 s"}
	p.X.Label.Padding, p.Title.Padding = vg.Points(6), vg.Points(6)
	onAnyPage(p)
	for i, c := range curves {
		line, points, err := plotter.NewLinePoints(c)
		if err != nil {
			return err
		}
		bars, err := plotter.NewYErrorBars(c)
		if err != nil {
			return err
		}
		line.Width = vg.Points(2)
		line.Color, points.Color, bars.Color = plotutil.Color(i), plotutil.Color(i), plotutil.Color(i)
		name, err := c.name(line.Color)
		if err != nil {
			return err
		}
		p.Add(line, points, bars, name)
	}
	return p.Save(16*vg.Centimeter, 10*vg.Centimeter, path)
}

// onAnyPage has the plot drawn without a background, in a grey that is read on a light
// page and on a dark one.
func onAnyPage(p *plot.Plot) {
	grey := color.RGBA{R: 0x76, G: 0x83, B: 0x90, A: 0xff}
	faint := color.NRGBA{R: 0x76, G: 0x83, B: 0x90, A: 0x50}
	p.BackgroundColor = color.Transparent
	p.Title.TextStyle.Color = grey
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Label.TextStyle.Color = grey, grey
		axis.Tick.Color, axis.Tick.Label.Color = grey, grey
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)
}

// name returns the name of the curve, to be written behind its last point.
func (c *curve) name(in color.Color) (*plotter.Labels, error) {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: c.XYs[len(c.XYs)-1:], Labels: []string{c.by}})
	if err != nil {
		return nil, err
	}
	labels.Offset = vg.Point{X: vg.Points(10), Y: -vg.Points(4)}
	labels.TextStyle[0].Color = in
	labels.TextStyle[0].Font = font.From(plot.DefaultFont, vg.Points(12))
	return labels, nil
}

func (o output) curves() (all []*curve, err error) {
	for _, r := range o.results {
		if r.Op != "lateness" {
			continue
		}
		by, fleet, found := strings.Cut(r.Load, ", n=")
		n, err := strconv.Atoi(fleet)
		if !found || err != nil {
			return nil, fmt.Errorf("%q names no fleet", r.Load)
		}
		i := slices.IndexFunc(all, func(c *curve) bool { return c.by == by })
		if i < 0 {
			i = len(all)
			all = append(all, &curve{by: by})
		}
		c := all[i]
		c.XYs = append(c.XYs, plotter.XY{X: float64(n), Y: r.Value})
		c.YErrors = append(c.YErrors, struct{ Low, High float64 }{r.Value - r.Low, r.High - r.Value})
	}
	if len(all) == 0 {
		return nil, errors.New("there is no lateness in it")
	}
	return all, nil
}
