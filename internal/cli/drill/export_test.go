package drill

import "context"

// Missing asks for one order as a drill does at its end.
func Missing(ctx context.Context, i Installation, id string, quantity int64, cancelled bool) ([]string, error) {
	d := &drilling{o: Defaults(), i: i}
	if err := d.connect(); err != nil {
		return nil, err
	}
	defer d.hangUp()
	t := d.load.trades[0]
	t.Quantity = quantity
	d.load.tally.keep(id, t)
	if cancelled {
		d.load.tally.cancelled(id)
	}
	return d.load.missing(ctx)
}
