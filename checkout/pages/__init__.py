"""The pages people see. `shop` is the front and what every page says, `cart` what is put together, `till` where it is
paid, `order` what comes of it; `basket` connects a browser with the checkout session it fills.
"""
